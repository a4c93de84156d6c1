//! Which column of a file is which: by its name, by one of the names such columns usually have, or
//! as the reader is told. The same names say which of the three shapes a log has.

use std::collections::BTreeMap;

use super::fault::LogError;

/// How a log is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogShape {
    /// One row a touch or conversion.
    Events,
    /// One row a journey, with the list of its channels.
    Journeys,
    /// One row a path, with how many journeys took it.
    Paths,
}

impl LogShape {
    /// All, in the order in which they are looked for.
    pub const ALL: [Self; 3] = [Self::Events, Self::Journeys, Self::Paths];

    /// The name that people write.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Journeys => "journeys",
            Self::Paths => "paths",
        }
    }

    /// Fields that a log of this shape has, and whether it must have them.
    fn fields(self) -> &'static [(Field, bool)] {
        match self {
            Self::Events => &[
                (Field::User, true),
                (Field::Time, true),
                (Field::Event, true),
                (Field::Channel, true),
                (Field::Value, false),
            ],
            Self::Journeys => &[
                (Field::Path, true),
                (Field::Hours, false),
                (Field::Conversion, true),
                (Field::Value, false),
            ],
            Self::Paths => &[
                (Field::Path, true),
                (Field::Conversions, true),
                (Field::Value, false),
                (Field::Nulls, false),
            ],
        }
    }
}

/// What a column may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    User,
    Time,
    Event,
    Channel,
    Value,
    Path,
    Hours,
    Conversion,
    Conversions,
    Nulls,
    Merchant,
}

pub(super) const FIELDS: usize = 11;

/// Each field's own name, and the others that it goes by.
const NAMES: [(Field, &[&str]); FIELDS - 1] = [
    (
        Field::User,
        &["user", "user_id", "uid", "visitor_id", "customer_id"],
    ),
    (
        Field::Time,
        &["time", "timestamp", "ts", "event_time", "datetime"],
    ),
    (Field::Event, &["event", "event_type", "event_name", "type"]),
    (
        Field::Channel,
        &["channel", "source", "utm_source", "medium"],
    ),
    (
        Field::Value,
        &[
            "value",
            "conversion_value",
            "total_conversion_value",
            "revenue",
            "amount",
        ],
    ),
    (Field::Path, &["path", "journey", "channels"]),
    (
        Field::Hours,
        &["hours", "time_till_end", "time_till_conversion"],
    ),
    (Field::Conversion, &["conversion", "converted"]),
    (Field::Conversions, &["conversions", "total_conversions"]),
    (
        Field::Nulls,
        &["nulls", "total_null", "null", "total_nulls"],
    ),
];

/// Where each field stands in a file, and what the file calls it.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub shape: LogShape,
    pub places: [Option<usize>; FIELDS],
    names: Vec<String>,
}

impl Layout {
    /// The file's name of a field, or else its own.
    pub fn name(&self, field: Field) -> &str {
        let place = self.places[field as usize];
        let own = || NAMES.iter().find(|(f, _)| *f == field);
        match place.and_then(|place| self.names.get(place)) {
            Some(name) => name,
            None => own().map_or("merchant", |(_, names)| names[0]),
        }
    }
}

/// How columns are found.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    map: Vec<(Field, String)>,
    merchant: Option<String>,
    shape: Option<LogShape>,
}

impl Columns {
    pub fn new(
        map: &BTreeMap<String, String>,
        merchant: Option<&str>,
        shape: Option<LogShape>,
    ) -> Result<Self, LogError> {
        let field = |(name, column): (&String, &String)| {
            let found = NAMES.iter().find(|(_, names)| names[0] == name);
            let own: Vec<&str> = NAMES.iter().map(|(_, names)| names[0]).collect();
            let wrong = || {
                let own = own.join(", ");
                LogError::Option(format!("--map {name}={column}: `{name}` is none of: {own}"))
            };
            found.map(|(f, _)| (*f, column.clone())).ok_or_else(wrong)
        };
        Ok(Self {
            map: map.iter().map(field).collect::<Result<_, _>>()?,
            merchant: merchant.map(str::to_owned),
            shape,
        })
    }

    /// Whether a name means something: then the line it stands in is a header.
    pub fn knows(&self, name: &str) -> bool {
        let named = |column: &String| column == name;
        let usual = |names: &[&str]| names.iter().any(|n| n.eq_ignore_ascii_case(name));
        self.map.iter().any(|(_, column)| named(column))
            || self.merchant.as_ref().is_some_and(named)
            || NAMES.iter().any(|(_, names)| usual(names))
    }

    /// Finds each field of the shape, or of the first shape that fits.
    pub fn resolve(&self, file: &str, names: &[String]) -> Result<Layout, LogError> {
        let shapes = LogShape::ALL.into_iter();
        let wanted: Vec<LogShape> = shapes
            .filter(|s| self.shape.is_none_or(|w| w == *s))
            .collect();
        let mut lacking = String::new();
        for shape in wanted {
            match self.layout(file, shape, names)? {
                Ok(layout) => return Ok(layout),
                Err(field) => {
                    lacking += &format!("; as {} it lacks `{field}`", shape.name());
                }
            }
        }
        let columns = names.join(", ");
        Err(LogError::file(
            file,
            format!(
                "has the columns {columns}{lacking}; say which is which with --map FIELD=COLUMN"
            ),
        ))
    }

    /// The layout as this shape, or the field that is lacking.
    fn layout(
        &self,
        file: &str,
        shape: LogShape,
        names: &[String],
    ) -> Result<Result<Layout, &'static str>, LogError> {
        let mut places = [None; FIELDS];
        let place = |column: &str| names.iter().position(|n| n == column);
        let told = |column: &String| {
            let columns = names.join(", ");
            let none =
                || LogError::file(file, format!("has no column `{column}`; it has: {columns}"));
            place(column).ok_or_else(none)
        };
        for (field, needed) in shape.fields() {
            let usual = NAMES.iter().find(|(f, _)| f == field);
            let usual = usual.map_or(&[][..], |(_, names)| *names);
            let found = match self.map.iter().find(|(f, _)| f == field) {
                Some((_, column)) => Some(told(column)?),
                None => usual
                    .iter()
                    .find_map(|u| names.iter().position(|n| n.eq_ignore_ascii_case(u))),
            };
            if found.is_none() && *needed {
                return Ok(Err(usual.first().copied().unwrap_or_default()));
            }
            places[*field as usize] = found;
        }
        if let Some(column) = &self.merchant {
            places[Field::Merchant as usize] = Some(told(column)?);
        }
        Ok(Ok(Layout {
            shape,
            places,
            names: names.to_vec(),
        }))
    }
}
