//! A panic of the decoder is an error of the data.
//!
//! A panic is announced on stderr before it can be caught. While the decoder works, its thread
//! says nothing of that kind: the hook that was there before is asked for all other panics.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use super::ArrowFault;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// Does work that may panic on damaged data. What it was working on must not be used again if it
/// did.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, ArrowFault>) -> Result<T, ArrowFault> {
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                before(info);
            }
        }));
    });
    let outer = QUIET.replace(true);
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    QUIET.set(outer);
    done.unwrap_or_else(|_| Err(ArrowFault::broken("its contents contradict each other")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a panic that gets through, and a thread that stays silent afterwards.
    #[test]
    fn a_panic_is_an_error() {
        let error = guarded::<()>(|| panic!("of the decoder")).unwrap_err();
        assert!(error.to_string().contains("contradict"));
        assert!(!QUIET.get());
        assert_eq!(guarded(|| Ok(7)).unwrap(), 7);
    }
}
