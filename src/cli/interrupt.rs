//! Being stopped: at the first Ctrl-C what is done is written down, at the second nothing is.

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

/// Set by the first signal.
static ASKED: AtomicBool = AtomicBool::new(false);
/// That signal.
static SIGNAL: AtomicI32 = AtomicI32::new(0);
/// Whether there is anybody who looks.
static LISTENING: AtomicBool = AtomicBool::new(false);

/// From now on a signal to stop is a wish: whoever works looks at the flag.
#[cfg(unix)]
pub fn listen() -> std::io::Result<&'static AtomicBool> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    LISTENING.store(true, Ordering::Relaxed);
    std::thread::Builder::new().spawn(move || {
        for signal in signals.forever() {
            if !LISTENING.load(Ordering::Relaxed) || ASKED.swap(true, Ordering::Relaxed) {
                std::process::exit(128 + signal);
            }
            SIGNAL.store(signal, Ordering::Relaxed);
        }
    })?;
    Ok(&ASKED)
}

/// Where there are no signals, work is stopped as the system stops it.
#[cfg(not(unix))]
pub fn listen() -> std::io::Result<&'static AtomicBool> {
    Ok(&ASKED)
}

/// Nobody looks at the flag any more: a signal ends the program.
pub fn ignore() {
    LISTENING.store(false, Ordering::Relaxed);
}

/// The exit code of a program that was stopped.
pub fn code() -> u8 {
    128 + u8::try_from(SIGNAL.load(Ordering::Relaxed))
        .unwrap_or(2)
        .clamp(1, 64)
}
