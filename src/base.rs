//! Floor 0: what everything stands on.
//!
//! Randomness that is *addressed* rather than consumed, samplers over it, exact sums and the
//! [`Merge`] law that make a parallel run equal to a serial one bit for bit, and the small
//! vocabulary of identifiers and money. Nothing here knows what is being simulated.

pub mod address;
pub mod curve;
pub mod digest;
pub mod exact;
pub mod guide;
pub mod ids;
pub mod jackknife;
pub mod math;
pub mod median;
pub mod merge;
pub mod mixed;
pub mod quantile;
pub mod stretches;

pub use address::{Person, Purpose, Root, Stream};
pub use curve::Curve;
pub use digest::Digest;
pub use exact::{Exact, Weight};
pub use guide::GuideTable;
pub use ids::{CategoryId, ChannelId, DestinationId, MerchantId, TierId, UserId};
pub use jackknife::{Interval, jackknife};
pub use median::{Change, Middle};
pub use merge::Merge;
pub use quantile::{QuantileTable, Quantiles};
pub use stretches::Stretches;

/// Seconds since the scenario's first midnight. 136 years fit; scenarios last weeks.
pub type Second = u32;

/// Seconds in a day.
pub const DAY: Second = 86_400;

/// Money in fen, the hundredth part of a yuan. Never a float: sums must be exact.
pub type Fen = i64;
