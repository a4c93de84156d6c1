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

/// What the rows of a file of events are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Touches and conversions, told apart by a column.
    #[default]
    Both,
    /// Touches: the log of one system.
    Touches,
    /// Conversions: the log of another.
    Conversions,
    /// Impressions that each say whether they were clicked, and which conversion followed: the
    /// schema of Criteo's attribution data set (Diemert, Meynet, Galland and Lefortier, 2017).
    Criteo,
}

impl Role {
    /// The option that names such files, and the prefix of their columns.
    fn name(self) -> &'static str {
        match self {
            Self::Both => "",
            Self::Touches => "touches",
            Self::Conversions => "conversions",
            Self::Criteo => "criteo",
        }
    }

    /// Fields of such files.
    fn fields(self) -> &'static [(Field, bool)] {
        match self {
            Self::Both => LogShape::Events.fields(),
            Self::Touches => &[
                (Field::User, true),
                (Field::Time, true),
                (Field::Channel, true),
                (Field::Event, false),
            ],
            Self::Conversions => &[
                (Field::User, true),
                (Field::Time, true),
                (Field::Value, false),
            ],
            Self::Criteo => &[
                (Field::User, true),
                (Field::Time, true),
                (Field::Channel, true),
                (Field::Click, true),
                (Field::Conversion, true),
                (Field::ConversionTime, true),
                (Field::ConversionId, true),
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
    Click,
    ConversionTime,
    ConversionId,
    Merchant,
}

pub(super) const FIELDS: usize = 14;

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
        &["channel", "source", "utm_source", "medium", "campaign"],
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
    (Field::Click, &["click"]),
    (
        Field::ConversionTime,
        &["conversion_time", "conversion_timestamp"],
    ),
    (Field::ConversionId, &["conversion_id"]),
];

/// Where each field stands in a file, and what the file calls it.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub shape: LogShape,
    pub role: Role,
    pub places: [Option<usize>; FIELDS],
    pub names: Vec<String>,
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
    role: Role,
}

impl Columns {
    pub fn new(
        map: &BTreeMap<String, String>,
        merchant: Option<&str>,
        shape: Option<LogShape>,
        role: Role,
    ) -> Result<Self, LogError> {
        let mut found = Vec::new();
        for (name, column) in map {
            let wrong = |names: &[&str]| {
                let names = names.join(", ");
                LogError::Option(format!(
                    "--map {name}={column}: `{name}` is none of: {names}"
                ))
            };
            // `touches.user` is the user of one of two logs, `user` that of both.
            let (of, field) = match name.split_once('.') {
                Some((of, field)) if role != Role::Both => {
                    if ![Role::Touches, Role::Conversions]
                        .iter()
                        .any(|r| r.name() == of)
                    {
                        return Err(wrong(&["touches.FIELD", "conversions.FIELD"]));
                    }
                    (Some(of), field)
                }
                _ => (None, name.as_str()),
            };
            let own: Vec<&str> = NAMES.iter().map(|(_, names)| names[0]).collect();
            let known = NAMES.iter().find(|(_, names)| names[0] == field);
            let (field, _) = known.ok_or_else(|| wrong(&own))?;
            let has = role.fields().iter().any(|(f, _)| f == field);
            let mine = match of {
                Some(of) => of == role.name(),
                None => role == Role::Both || has,
            };
            if mine {
                // What is said of this log alone comes before what is said of both.
                let at = if of.is_some() { 0 } else { found.len() };
                found.insert(at, (*field, column.clone()));
            }
        }
        Ok(Self {
            map: found,
            merchant: merchant.map(str::to_owned),
            shape,
            role,
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
        let wanted: Vec<LogShape> = match self.role {
            Role::Both => shapes
                .filter(|s| self.shape.is_none_or(|w| w == *s))
                .collect(),
            _ => vec![LogShape::Events],
        };
        let mut lacking = String::new();
        for shape in wanted {
            match self.layout(file, shape, names)? {
                Ok(layout) => return Ok(layout),
                Err(field) => {
                    let what = match self.role {
                        Role::Both => shape.name(),
                        role => role.name(),
                    };
                    lacking += &format!("; as {what} it lacks `{field}`");
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
        let fields = match shape {
            LogShape::Events => self.role.fields(),
            _ => shape.fields(),
        };
        for (field, needed) in fields {
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
            role: self.role,
            places,
            names: names.to_vec(),
        }))
    }
}
