//! Addressed randomness under a battery: whichever coordinate of the address is walked along, what
//! comes out must look like independent uniform words.
//!
//! Some forty statistics are taken of each of sixteen walks, two-sided, each at [`battery::ALPHA`] = 1e-10:
//! if the words were truly random the whole file would raise a false alarm with probability below
//! 1e-7. Seeds are fixed, so what passes once passes always. The same battery is shown to reject
//! bad generators, each by the statistic that is meant to see it.

#[path = "addressing/battery.rs"]
mod battery;

use battery::rejected;
use rand::Rng;
use rand_distr::{Distribution, Exp, LogNormal, Normal, Poisson};
use redcat::base::address::{Stream, mix, name_key};
use redcat::base::{Purpose, Root, UserId};

/// Words of a walk.
const N: u64 = 1 << 18;
const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

#[derive(Clone, Copy, Default)]
struct Address {
    seed: u64,
    user: u64,
    purpose: u64,
    entity: u64,
    k: u64,
}

fn stream(a: Address) -> Stream {
    let purpose = Purpose::named(&format!("purpose {}", a.purpose));
    Root::new(a.seed)
        .user(UserId(a.user))
        .stream(purpose, a.entity)
}

fn redcat(a: Address) -> u64 {
    stream(a).draw(a.k)
}

type Walk = (&'static str, fn(u64) -> Address);

/// Ways through the space of addresses.
#[rustfmt::skip]
const WALKS: [Walk; 14] = [
    ("users", |i| Address { seed: 618, user: i, ..Address::default() }),
    ("users far apart", |i| Address { user: i << 40, ..Address::default() }),
    ("entities", |i| Address { seed: 618, user: 7, entity: i, ..Address::default() }),
    ("entities far apart", |i| Address { entity: i << 40, ..Address::default() }),
    ("seeds", |i| Address { seed: i, ..Address::default() }),
    ("seeds far apart", |i| Address { seed: i << 40, ..Address::default() }),
    ("draws", |i| Address { seed: 618, k: i, ..Address::default() }),
    ("purposes", |i| Address { seed: 618, purpose: i, ..Address::default() }),
    ("user and entity alike", |i| Address { user: i, entity: i, ..Address::default() }),
    ("user against entity", |i| Address { user: i, entity: N - i, ..Address::default() }),
    ("users by entities", |i| Address { user: i >> 9, entity: i & 511, ..Address::default() }),
    ("users by draws", |i| Address { user: i >> 1, k: 1 - (i & 1), ..Address::default() }),
    ("entities by draws", |i| Address { entity: i >> 1, k: 1 - (i & 1), ..Address::default() }),
    ("seed and user swapped", |i| swapped(i, |a, b| Address { seed: a, user: b, ..Address::default() })),
];
const SWAP: Walk = ("user and entity swapped", |i| {
    swapped(i, |user, entity| Address {
        user,
        entity,
        ..Address::default()
    })
});

/// (a, b), (b, a), then the next pair of different numbers below 512.
fn swapped(i: u64, of: fn(u64, u64) -> Address) -> Address {
    // Folds the square to its triangle, so that no pair comes twice.
    let (row, column) = ((i >> 1) / 1024, (i >> 1) % 1024);
    let (a, b) = (row, row + 1 + column);
    if i & 1 == 0 { of(a, b) } else { of(b, a) }
}

fn along(walk: Walk, generator: fn(Address) -> u64) -> Vec<u64> {
    (0..N).map(|i| generator(walk.1(i))).collect()
}

/// Would catch any coordinate of the address that is mixed in too weakly: neighbours alike, swaps
/// alike, lanes of a word alike. 16 walks of 43 statistics at 1e-10: below 1e-7 in all.
#[test]
fn words_along_every_walk_look_random() {
    for walk in WALKS.into_iter().chain([SWAP]) {
        let bad = rejected(&along(walk, redcat));
        assert!(bad.is_empty(), "{}: {bad:?}", walk.0);
    }
    let common = |i| Root::new(618).common(Purpose::named("common"), i).draw(0);
    let bad = rejected(&(0..N).map(common).collect::<Vec<_>>());
    assert!(bad.is_empty(), "common: {bad:?}");
}

/// Would catch a battery that cannot fail: bad addressing and bad words, each with the statistic
/// that must see it.
#[test]
fn the_battery_rejects_bad_generators() {
    let walk = |name| *WALKS.iter().find(|w| w.0 == name).unwrap();
    let mixed = |a: Address| mix(a.user.wrapping_add(a.entity).wrapping_add(a.k));
    let xor_only = |a: Address| {
        let (user, entity) = (a.user.wrapping_mul(GAMMA), a.entity.wrapping_mul(!GAMMA));
        a.seed ^ user ^ entity ^ a.k
    };
    // An entity steps like a draw: draw 1 of one is draw 0 of the next.
    let one_step = |a: Address| mix(a.entity.wrapping_add(a.k).wrapping_mul(GAMMA));
    let good = along(walk("users"), redcat);
    let changed = |f: &dyn Fn(usize, u64) -> u64| -> Vec<u64> {
        good.iter().enumerate().map(|(i, w)| f(i, *w)).collect()
    };
    let mut state = 1_u64;
    let lcg = changed(&|_, _| 0).into_iter().map(|_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        state
    });
    let cases: [(&str, Vec<u64>, &str); 12] = [
        (
            "sum of user and entity",
            along(SWAP, mixed),
            "bits at lag 1",
        ),
        (
            "sum of user and entity",
            along(walk("user against entity"), mixed),
            "birthdays",
        ),
        (
            "xor only",
            along(walk("users"), xor_only),
            "correlation at lag",
        ),
        ("xor only", along(SWAP, xor_only), "pairs"),
        (
            "one step for two things",
            along(walk("entities by draws"), one_step),
            "bits at lag 3",
        ),
        ("a linear congruence", lcg.collect(), "gaps of low"),
        (
            "a value missing",
            changed(&|_, w| w | u64::from(w >> 24 & 255 == 17) << 24 << 1),
            "byte 3",
        ),
        (
            "a bit that leans",
            changed(&|i, w| w | u64::from(i % 16 == 0) << 5),
            "bits",
        ),
        (
            "equal lanes",
            changed(&|_, w| w & !0xFFFF | w >> 32 & 0xFFFF),
            "correlation of lanes 0, 2",
        ),
        (
            "lanes tied without correlation",
            changed(&|_, w| w & !0x8000 | (w >> 63 ^ w >> 62 & 1) << 15),
            "square of lanes 0, 3",
        ),
        (
            "every other word turned",
            changed(&|i, w| if i % 2 == 1 { !good[i - 1] } else { w }),
            "runs",
        ),
        (
            "a short cycle",
            changed(&|i, _| good[i % (good.len() - 1000)]),
            "birthdays",
        ),
    ];
    for (name, words, by) in cases {
        let bad = rejected(&words);
        assert!(
            bad.iter().any(|(s, _)| s.starts_with(by)),
            "{name}, {by}: {bad:?}"
        );
    }
}

/// Would catch an input bit that some output bit does not feel: 256 × 64 frequencies of flips over
/// 2^14 addresses, each within 7 standard deviations (2.7 %) of one half; in all 4e-8 by chance.
#[test]
fn every_bit_of_the_address_flips_every_bit_of_the_word() {
    const TRIALS: u64 = 1 << 14;
    let root = |a: Address| {
        let purpose = const { Purpose::named("avalanche") };
        Root::new(a.seed)
            .user(UserId(a.user))
            .stream(purpose, a.entity)
            .draw(a.k)
    };
    // A xorshift of its own, so that what is tested does not choose its tests.
    let mut state = 88_172_645_463_325_252_u64;
    let mut small = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state >> 44
    };
    let mut flips = vec![[0_u64; 64]; 256];
    for _ in 0..TRIALS {
        let a = Address {
            seed: small(),
            user: small(),
            entity: small(),
            k: small() & 63,
            purpose: 0,
        };
        let word = root(a);
        for (input, flips) in flips.iter_mut().enumerate() {
            let (mut b, bit) = (a, 1 << (input % 64));
            *[&mut b.seed, &mut b.user, &mut b.entity, &mut b.k][input / 64] ^= bit;
            let changed = word ^ root(b);
            (0..64).for_each(|o| flips[o] += changed >> o & 1);
        }
    }
    let bound = 7.0 * 0.5 * (TRIALS as f64).sqrt();
    for (input, flips) in flips.iter().enumerate() {
        for (output, count) in flips.iter().enumerate() {
            let off = *count as f64 - TRIALS as f64 / 2.0;
            assert!(off.abs() < bound, "input {input}, output {output}: {off}");
        }
    }
}

/// Would catch two addresses that share a stream, or streams that overlap in their first draws: a
/// million addresses, four draws each, all different (by chance a collision of 64 bits: 4e-7).
#[test]
fn a_million_addresses_have_a_million_streams() {
    let (root, mut words) = (Root::new(618), Vec::with_capacity(4_000_000));
    let mut add = |s: Stream| (0..4).for_each(|k| words.push(s.draw(k)));
    for purpose in ["need", "session", "click", "order"].map(Purpose::named) {
        for user in 0..499 {
            (0..500).for_each(|e| add(root.user(UserId(user)).stream(purpose, e)));
        }
        (0..500).for_each(|e| add(root.common(purpose, e)));
    }
    words.sort_unstable();
    assert_eq!(words.len(), 4_000_000);
    assert!(words.windows(2).all(|w| w[0] != w[1]));
}

/// Would catch names that hash alike: purposes and keys of a million short names.
#[test]
fn names_have_keys_of_their_own() {
    let mut keys: Vec<u64> = (0..1_000_000).map(|i| name_key(&format!("{i}"))).collect();
    keys.sort_unstable();
    assert!(keys.windows(2).all(|w| w[0] != w[1]));
}

fn pinned() -> Stream {
    Root::new(1)
        .user(UserId(2))
        .stream(Purpose::named("pin"), 3)
}

/// Would catch `rand`'s traits giving other bits than the stream's own words, or losing some.
#[test]
fn the_traits_of_rand_give_the_stream_s_words() {
    let (mut own, mut theirs) = (pinned(), pinned());
    let mut bytes = [0; 19];
    Rng::fill_bytes(&mut theirs, &mut bytes);
    let words: Vec<u8> = (0..3).flat_map(|_| own.next().to_le_bytes()).collect();
    assert_eq!(bytes, words[..19]);
    assert_eq!(Rng::next_u64(&mut theirs), own.next());
    assert_eq!(u64::from(Rng::next_u32(&mut theirs)), own.next() >> 32);
    assert_eq!(own, theirs);
    let unit = own.next_unit();
    assert_eq!(
        unit,
        (Rng::next_u64(&mut theirs) >> 11) as f64 / (1_u64 << 53) as f64
    );
}

/// Would catch a release of `rand_distr` that draws other values. The pins hold under the features
/// of this crate (`std_math` on), to 1e-14: with it a float may come from the platform, and nothing
/// in `src` draws so.
#[test]
fn distributions_of_rand_distr_are_pinned() {
    fn five(law: impl Distribution<f64>, pins: [f64; 5]) {
        let found: Vec<f64> = law.sample_iter(pinned()).take(5).collect();
        let close = |(x, pin): (&f64, f64)| (x - pin).abs() <= 1e-14 * pin.abs();
        assert!(found.iter().zip(pins).all(close), "{found:?}");
    }
    five(Exp::new(0.5).unwrap(), EXP);
    five(Normal::new(1.0, 2.0).unwrap(), NORMAL);
    five(Poisson::new(7.0).unwrap(), POISSON);
    five(LogNormal::new(0.0, 1.0).unwrap(), LOG_NORMAL);
}
const EXP: [f64; 5] = [
    4.682124742779199,
    4.969405844181659,
    0.7082217997058113,
    1.8126896458552297,
    5.186173743974634,
];
const NORMAL: [f64; 5] = [
    3.1831358206065303,
    3.639137786828913,
    1.5854914438979173,
    2.7961072838428844,
    3.3402615575121986,
];
const POISSON: [f64; 5] = [14.0, 8.0, 5.0, 13.0, 6.0];
const LOG_NORMAL: [f64; 5] = [
    2.9789411253301297,
    3.741807911465515,
    1.3401019885824492,
    2.454820498619613,
    3.222414034272133,
];
