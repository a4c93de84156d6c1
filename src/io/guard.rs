//! A panic of the decoder is an error of the data.
//!
//! A panic is announced on stderr before it can be caught. While the decoder works, its thread
//! says nothing of that kind: the hook that was there before is asked for all other panics.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// What is wrong with data on which a decoder panicked.
pub(super) const CONTRADICTION: &str = "its contents contradict each other";

/// Does work that may panic on damaged data; none if it did. What it was working on must not be used
/// again then.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
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
    done.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a panic that gets through, and a thread that stays silent afterwards.
    #[test]
    fn a_panic_is_nothing() {
        assert_eq!(guarded::<()>(|| panic!("of the decoder")), None);
        assert!(!QUIET.get());
        assert_eq!(guarded(|| 7), Some(7));
    }
}
