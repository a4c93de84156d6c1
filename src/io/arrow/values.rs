//! One value of a column, whatever the column's type is.
//!
//! A column is cast to its type once a batch, a value is then a lookup.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type,
    Decimal256Type, DecimalType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, PrimitiveArray};
use arrow_schema::{DataType, TimeUnit};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Missing,
    Bytes(&'a [u8]),
    /// A number that only text holds without loss.
    Digits(String),
    Whole(i64),
    Float(f64),
    Flag(bool),
    /// Microseconds since 1970.
    Micros(i64),
    /// The same, by clocks of a zone that is not named.
    Local(i64),
    List(Vec<Value<'a>>),
}

type Read<'a> = Box<dyn Fn(usize) -> Value<'a> + 'a>;

/// The values of a column.
pub(crate) struct Values<'a> {
    array: &'a dyn Array,
    read: Read<'a>,
}

impl<'a> Values<'a> {
    /// None when the type is none of those that mean a value, or a list of them.
    pub fn new(array: &'a dyn Array) -> Option<Self> {
        let read: Read<'a> = match array.data_type() {
            DataType::List(_) => {
                let (lists, items) = (
                    array.as_list::<i32>(),
                    Self::items(array.as_list::<i32>().values())?,
                );
                let ends = lists.value_offsets();
                Box::new(move |row| items.list(ends[row] as usize, ends[row + 1] as usize))
            }
            DataType::LargeList(_) => {
                let (lists, items) = (
                    array.as_list::<i64>(),
                    Self::items(array.as_list::<i64>().values())?,
                );
                let ends = lists.value_offsets();
                Box::new(move |row| items.list(ends[row] as usize, ends[row + 1] as usize))
            }
            DataType::FixedSizeList(_, _) => {
                let lists = array.as_fixed_size_list();
                let (items, width) = (Self::items(lists.values())?, lists.value_length() as usize);
                Box::new(move |row| items.list(row * width, (row + 1) * width))
            }
            DataType::Dictionary(_, _) => {
                let dictionary = array.as_any_dictionary();
                let keys = Self::items(dictionary.keys())?;
                let values = Self::items(dictionary.values().as_ref())?;
                Box::new(move |row| match keys.at(row) {
                    Value::Whole(key) => values.at(key as usize),
                    _ => Value::Missing,
                })
            }
            _ => plain(array)?,
        };
        Some(Self { array, read })
    }

    /// What lists and dictionaries are made of: no lists.
    fn items(array: &'a dyn Array) -> Option<Self> {
        let read = plain(array)?;
        Some(Self { array, read })
    }

    fn list(&self, from: usize, to: usize) -> Value<'a> {
        Value::List((from..to).map(|place| self.at(place)).collect())
    }

    /// The value in a row.
    pub fn at(&self, row: usize) -> Value<'a> {
        if row >= self.array.len() || self.array.is_null(row) {
            return Value::Missing;
        }
        (self.read)(row)
    }
}

fn number<'a, T: ArrowPrimitiveType>(
    array: &'a dyn Array,
    value: impl Fn(T::Native) -> Value<'a> + 'a,
) -> Read<'a> {
    let array: &PrimitiveArray<T> = array.as_primitive();
    Box::new(move |row| value(array.value(row)))
}

fn decimal<T: DecimalType>(array: &dyn Array) -> Read<'_> {
    let array: &PrimitiveArray<T> = array.as_primitive();
    Box::new(move |row| Value::Digits(array.value_as_string(row)))
}

/// As it is written, not as its nearest double: 0.1 is 0.1.
fn short<'a>(number: f32) -> Value<'a> {
    Value::Float(number.to_string().parse().unwrap_or(f64::NAN))
}

fn plain(array: &dyn Array) -> Option<Read<'_>> {
    use DataType as T;
    // Times without a zone are local.
    let local = matches!(
        array.data_type(),
        T::Timestamp(_, None) | T::Date32 | T::Date64
    );
    let time = move |micros| {
        if local {
            Value::Local(micros)
        } else {
            Value::Micros(micros)
        }
    };
    let micros = move |times: i64| move |n: i64| time(n.saturating_mul(times));
    Some(match array.data_type() {
        T::Null => Box::new(|_| Value::Missing),
        T::Boolean => {
            let array = array.as_boolean();
            Box::new(move |row| Value::Flag(array.value(row)))
        }
        T::Int8 => number::<Int8Type>(array, |n| Value::Whole(n.into())),
        T::Int16 => number::<Int16Type>(array, |n| Value::Whole(n.into())),
        T::Int32 => number::<Int32Type>(array, |n| Value::Whole(n.into())),
        T::Int64 => number::<Int64Type>(array, Value::Whole),
        T::UInt8 => number::<UInt8Type>(array, |n| Value::Whole(n.into())),
        T::UInt16 => number::<UInt16Type>(array, |n| Value::Whole(n.into())),
        T::UInt32 => number::<UInt32Type>(array, |n| Value::Whole(n.into())),
        T::UInt64 => number::<UInt64Type>(array, |n| {
            i64::try_from(n).map_or_else(|_| Value::Digits(n.to_string()), Value::Whole)
        }),
        T::Float16 => number::<Float16Type>(array, |x| short(x.to_f32())),
        T::Float32 => number::<Float32Type>(array, short),
        T::Float64 => number::<Float64Type>(array, Value::Float),
        T::Decimal32(_, _) => decimal::<Decimal32Type>(array),
        T::Decimal64(_, _) => decimal::<Decimal64Type>(array),
        T::Decimal128(_, _) => decimal::<Decimal128Type>(array),
        T::Decimal256(_, _) => decimal::<Decimal256Type>(array),
        T::Timestamp(TimeUnit::Second, _) => {
            number::<TimestampSecondType>(array, micros(1_000_000))
        }
        T::Timestamp(TimeUnit::Millisecond, _) => {
            number::<TimestampMillisecondType>(array, micros(1_000))
        }
        T::Timestamp(TimeUnit::Microsecond, _) => number::<TimestampMicrosecondType>(array, time),
        T::Timestamp(TimeUnit::Nanosecond, _) => {
            number::<TimestampNanosecondType>(array, move |n| time(n / 1_000))
        }
        T::Date32 => number::<Date32Type>(array, |days| {
            Value::Micros(i64::from(days) * 86_400_000_000)
        }),
        T::Date64 => number::<Date64Type>(array, micros(1_000)),
        T::Utf8 => {
            let array = array.as_string::<i32>();
            Box::new(move |row| Value::Bytes(array.value(row).as_bytes()))
        }
        T::LargeUtf8 => {
            let array = array.as_string::<i64>();
            Box::new(move |row| Value::Bytes(array.value(row).as_bytes()))
        }
        T::Utf8View => {
            let array = array.as_string_view();
            Box::new(move |row| Value::Bytes(array.value(row).as_bytes()))
        }
        T::Binary => {
            let array = array.as_binary::<i32>();
            Box::new(move |row| Value::Bytes(array.value(row)))
        }
        T::LargeBinary => {
            let array = array.as_binary::<i64>();
            Box::new(move |row| Value::Bytes(array.value(row)))
        }
        T::BinaryView => {
            let array = array.as_binary_view();
            Box::new(move |row| Value::Bytes(array.value(row)))
        }
        _ => return None,
    })
}
