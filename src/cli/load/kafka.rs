//! Where the broker is, for `redcat load --into kafka`.

use std::time::Duration;

use clap::Args;
use redcat::load::kafka::KafkaOptions;
use redcat::report::load::Under;
use redcat::scenario::units::Span;

use crate::cli::request::masked;

#[derive(Debug, Args)]
#[command(next_help_heading = "With --into kafka")]
pub struct Broker {
    /// Brokers that speak the Kafka protocol [default: localhost:9092]
    #[arg(long, value_name = "HOST:PORT,…")]
    brokers: Option<String>,
    /// Topic that events are written to [default: redcat-events]
    #[arg(long, value_name = "TOPIC")]
    events: Option<String>,
    /// Topic that credits are read from [default: redcat-credits]
    #[arg(long, value_name = "TOPIC")]
    credits: Option<String>,
    /// Time in which an event must be acknowledged, and in which something must come back from a
    /// system that is being filled [default: 10s]
    #[arg(long, value_name = "TIME")]
    broker_timeout: Option<Span>,
    /// A setting of the client, librdkafka, such as compression.codec=lz4; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting)]
    kafka: Vec<(String, String)>,
}

fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write KEY=VALUE, such as compression.codec=lz4".to_owned()),
    }
}

impl Broker {
    pub fn options(&self) -> KafkaOptions {
        let or = |given: &Option<String>, default: &str| {
            given.clone().unwrap_or_else(|| default.to_owned())
        };
        let seconds = self.broker_timeout.map_or(10.0, Span::seconds);
        KafkaOptions {
            brokers: or(&self.brokers, "localhost:9092"),
            events: or(&self.events, "redcat-events"),
            credits: or(&self.credits, "redcat-credits"),
            timeout: Duration::from_secs_f64(seconds.clamp(0.001, 86_400.0)),
            settings: self.kafka.clone(),
        }
    }

    /// The first of these options that was given.
    pub fn given(&self) -> Option<&'static str> {
        let given = [
            ("--brokers", self.brokers.is_some()),
            ("--events", self.events.is_some()),
            ("--credits", self.credits.is_some()),
            ("--broker-timeout", self.broker_timeout.is_some()),
            ("--kafka", !self.kafka.is_empty()),
        ];
        given.into_iter().find(|(_, is)| *is).map(|(name, _)| name)
    }

    pub fn under(&self) -> Under {
        let options = self.options();
        Under::Broker {
            brokers: options.brokers,
            events: options.events,
            credits: options.credits,
            settings: options
                .settings
                .iter()
                .map(|(k, v)| masked(&format!("{k}={v}")))
                .collect(),
        }
    }
}
