//! What the machine says about itself: results carry it, so that speeds can be judged.

use serde::{Deserialize, Serialize};

/// The machine that a result was made on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Operating system and architecture.
    pub platform: String,
    /// Processor, where the system tells.
    pub processor: Option<String>,
    /// Cores that this process may use.
    pub cores: usize,
    /// Memory in bytes, where the system tells.
    pub memory_bytes: Option<u64>,
}

impl Machine {
    /// This machine.
    #[must_use]
    pub fn here() -> Self {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let field = |text: &str, name: &str| {
            let line = text.lines().find(|l| l.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        Self {
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            processor: field(&read("/proc/cpuinfo"), "model name"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: field(&read("/proc/meminfo"), "MemTotal").and_then(|t| kibibytes(&t)),
        }
    }
}

/// Ticks a second of the times in `/proc`: fixed by Linux's interface.
const TICKS: f64 = 100.0;

/// Seconds that this process has spent on the cores, all threads together, in steps of a hundredth,
/// where the system tells (Linux). Other than time on the wall, it leaves out what other processes
/// took.
#[must_use]
pub fn core_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The command's name is in brackets, and may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS)
}

/// The same in fine steps, where the system tells (Unix).
#[cfg(unix)]
#[must_use]
pub fn processor_seconds() -> Option<f64> {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Some(spent.tv_sec as f64 + spent.tv_nsec as f64 * 1e-9)
}

/// The same in fine steps, where the system tells (Unix).
#[cfg(not(unix))]
#[must_use]
pub fn processor_seconds() -> Option<f64> {
    None
}

/// How many processes have wanted a core in the last minute, where the system tells (Linux). More
/// than cores: the machine is busy, and times are those of a busy machine.
#[must_use]
pub fn load() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// The most memory that this process has held, in bytes, where the system tells (Linux).
#[must_use]
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM"))?;
    kibibytes(line.split_once(':')?.1)
}

fn kibibytes(text: &str) -> Option<u64> {
    let number = text.split_whitespace().next()?;
    Some(number.parse::<u64>().ok()? * 1_024)
}
