//! What is tracked besides reads changes no life: with impressions, without, on the panel or off it,
//! written down or not.

use redcat::base::UserId;
use redcat::scenario::Scenario;
use redcat::world::{Contact, Counts, EventKind, History, Intervention, Order, Track, World};

/// All that happened to a user but for what nobody opened.
fn lived(h: &History) -> String {
    let contact = |c: &Contact| format!("{c:?}");
    let order = |o: &Order| format!("{o:?}");
    let contacts: Vec<String> = h.contacts().iter().map(contact).collect();
    let orders: Vec<String> = h.orders().iter().map(order).collect();
    format!("{} {} {contacts:?} {orders:?}", h.digest(), h.trust())
}

/// Counters as they are under [`Track::Reads`].
fn without_impressions(mut counts: Counts) -> Counts {
    for channel in &mut counts.by_channel {
        channel.impressions = 0;
    }
    counts
}

/// Would catch impressions whose drawing shifts a read, an order or a journey: user by user, the same
/// life at all resolutions, and the same counters but for impressions; and impressions that hang on
/// whether details are drawn, too. With a cap on advertising, with direct links, without search, and
/// where every note is tracked.
#[test]
fn readers_live_the_same_life_whatever_is_tracked() {
    let every = "extends = 'red-cat-618'\nname = 'every'\n[exposure.feed.propensity]\ncap = 0.3\n";
    let every = format!("{every}[behaviour.trust]\nreading = 2.0\nerosion = 0.2\n");
    let scenarios = [
        Scenario::load("red-cat-618".as_ref()).unwrap(),
        Scenario::load("policy-history".as_ref()).unwrap(),
        Scenario::load("degenerate".as_ref()).unwrap(),
        Scenario::from_text("every.toml", &every, &[]).unwrap(),
    ];
    for scenario in scenarios {
        let world = World::new(&scenario, 618);
        let start = |track| {
            let mut history = world.start();
            history.track = track;
            history
        };
        let [mut reads, mut counted, mut logged, mut on_panel, mut few] = [
            start(Track::Reads),
            start(Track::Impressions),
            start(Track::Impressions),
            start(Track::Reads),
            start(Track::Reads),
        ];
        logged.log = Some(Vec::new());
        on_panel.panel = Some(Box::new(world.panel()));
        few.log = Some(Vec::new());
        let (mut left, mut rows) = (0, 0);
        for user in (0..3_000).map(UserId) {
            let live = |history: &mut History| {
                world.history(user, Intervention::NONE, history);
                lived(history)
            };
            let life = live(&mut reads);
            for other in [&mut counted, &mut logged, &mut on_panel, &mut few] {
                assert_eq!(life, live(other), "{} {user:?}", scenario.wire().name);
            }
            assert_eq!(counted.counts, logged.counts, "{user:?}");
            let of = |history: &History, kind| {
                let log = history.log.iter().flatten();
                log.filter(|e| e.kind == kind).count() as u64
            };
            rows += of(&logged, EventKind::Impression);
            left += of(&logged, EventKind::Impression) - of(&logged, EventKind::Read);
            // A log without impressions is the same log without those rows.
            let kept = logged.log.iter().flatten();
            let kept = kept.filter(|e| e.kind != EventKind::Impression);
            assert!(kept.eq(few.log.iter().flatten()), "{user:?}");
        }
        assert_eq!(counted.counts.events().impressions, rows);
        assert!(left > rows / 2, "{left} {rows}");
        for other in [&reads, &on_panel, &few] {
            assert_eq!(other.counts, without_impressions(counted.counts.clone()));
            assert_eq!(other.counts.events().impressions, 0);
        }
        assert!(on_panel.panel.is_some_and(|panel| panel.users > 20));
    }
}
