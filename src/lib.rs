pub mod base;
pub mod journey;
