//! Where the broker is, for `redcat load --into kafka`.

use std::time::Duration;

use clap::Args;
use redcat::load::kafka::KafkaOptions;
use redcat::report::load::Under;
use redcat::scenario::units::Span;

#[derive(Debug, Args)]
#[command(next_help_heading = "With --into kafka")]
pub struct Broker {
    /// Brokers that speak the Kafka protocol
    #[arg(long, value_name = "HOST:PORT,…", default_value = "localhost:9092")]
    brokers: String,
    /// Topic that events are written to
    #[arg(long, value_name = "TOPIC", default_value = "redcat-events")]
    events: String,
    /// Topic that credits are read from
    #[arg(long, value_name = "TOPIC", default_value = "redcat-credits")]
    credits: String,
    /// Time in which an event must be acknowledged, and in which something must come back from a
    /// system that is being filled
    #[arg(long, value_name = "TIME", default_value = "10s")]
    broker_timeout: Span,
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
        KafkaOptions {
            brokers: self.brokers.clone(),
            events: self.events.clone(),
            credits: self.credits.clone(),
            timeout: Duration::from_secs_f64(self.broker_timeout.seconds().clamp(0.001, 86_400.0)),
            settings: self.kafka.clone(),
        }
    }

    pub fn under(&self) -> Under {
        Under::Broker {
            brokers: self.brokers.clone(),
            events: self.events.clone(),
            credits: self.credits.clone(),
        }
    }
}
