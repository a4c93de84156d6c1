//! What rules do, and when: each test names the mechanism that it would see broken.

use redcat::base::{DAY, UserId};
use redcat::engine::compare::{CompareOptions, Comparison, compare};
use redcat::evaluate::money::{Money, money};
use redcat::scenario::wire::{Cost, Link};
use redcat::scenario::{Override, Scenario};
use redcat::world::{History, Intervention, World};

fn load(name: &str, sets: &[&str]) -> Scenario {
    let sets: Vec<Override> = sets.iter().map(|s| Override::parse(s).unwrap()).collect();
    Scenario::load_with(name.as_ref(), &sets).unwrap()
}

fn with(policy: &str) -> Scenario {
    let text = format!("extends = 'red-cat-618'\nname = 'changed'\n{policy}");
    Scenario::from_text("changed.toml", &text, &[]).unwrap()
}

fn refused(policy: &str) -> String {
    let text = format!("extends = 'red-cat-618'\nname = 'changed'\n{policy}");
    let error = Scenario::from_text("changed.toml", &text, &[]);
    error.map(|_| ()).unwrap_err().to_string()
}

fn live(scenario: &Scenario, users: u64, mut look: impl FnMut(&History)) -> History {
    let world = World::new(scenario, 618);
    let mut history = world.start();
    for user in 0..users {
        world.history(UserId(user), Intervention::NONE, &mut history);
        look(&history);
    }
    history
}

fn digests(scenario: &Scenario) -> Vec<u64> {
    let mut all = Vec::new();
    live(scenario, 1_000, |h| all.push(h.digest().get()));
    all
}

fn compared(a: Scenario, b: Scenario, users: u64) -> Comparison {
    let options = CompareOptions {
        users: Some(users),
        seed: Some(618),
        threads: None,
        ..CompareOptions::default()
    };
    compare(&[a, b], &options, &redcat::engine::Silent).unwrap()
}

fn difference(comparison: &Comparison, metric: &str) -> redcat::engine::compare::Difference {
    let place = comparison.metrics.iter().position(|m| m.name == metric);
    comparison.pairs[0].differences[place.unwrap_or_else(|| panic!("{metric}"))]
}

/// Would catch a blue link that is carried while the policy forbids it, or that does not come back:
/// links into the app by that channel are followed within the phase only.
#[test]
fn blue_links_are_there_in_their_phase_only() {
    let scenario = with(
        "[policy]\nblue_links = false\n[[policy.phases]]\nname = 'allowed'\nblue_links = true\n\
         from = '2025-05-20 12:00'\nuntil = '2025-06-01'\n\
         [[channels]]\nname = 'blue-link-merchant'\ntrigger = 0\n\
          [[channels]]\nname = 'blue-link-buyer'\ntrigger = 0\n\
          [[channels]]\nname = 'blue-link-user'\ntrigger = 0\n",
    );
    let blue = |channel: usize| scenario.channels()[channel].link == Link::Blue;
    let (from, until) = (7 * DAY + DAY / 2, 19 * DAY);
    let (mut inside, mut reads_outside) = (0, 0);
    live(&scenario, 30_000, |h| {
        for contact in h.contacts().iter().filter(|c| blue(c.channel.index())) {
            let now = (from..until).contains(&contact.at);
            inside += u32::from(now && contact.clicked.is_some());
            reads_outside += u32::from(!now);
            // No note triggers a need that could ripen later, by a link that was seen within the phase.
            assert!(now || contact.clicked.is_none());
        }
    });
    assert!(
        inside > 20 && reads_outside > 1_000,
        "{inside} {reads_outside}"
    );
}

/// Would catch a cap that is no thinning: half the load shows half of the paid notes (within six
/// standard errors of a binomial), all free ones stay as they are, and people trust more.
#[test]
fn a_cap_on_advertising_thins_paid_notes_only() {
    let free = load("red-cat-618", &[]);
    let capped = load("red-cat-618", &["policy.ad_load_cap=0.0375"]);
    let still = ["behaviour.trust.sessions=0", "behaviour.trust.reading=0"];
    let with_cap = [&still[..], &["policy.ad_load_cap=0.0375"]].concat();
    let (a, b) = (load("red-cat-618", &still), load("red-cat-618", &with_cap));
    let [before, after] = [&a, &b].map(|s| live(s, 5_000, |_| {}).counts);
    for (place, channel) in a.channels().iter().enumerate() {
        let [all, left] = [&before, &after].map(|c| c.channel_total(place).impressions as f64);
        if channel.paid {
            let six = 6.0 * (all * 0.25).sqrt();
            assert!(
                (left - all / 2.0).abs() < six,
                "{}: {left} of {all}",
                channel.name
            );
        } else {
            assert_eq!(all, left, "{}", channel.name);
        }
    }
    let trust = |s: &Scenario| {
        let mut sum = 0.0;
        live(s, 2_000, |h| sum += f64::from(h.trust()));
        sum
    };
    assert!(trust(&capped) > trust(&free) + 1.0);
}

/// Would catch a cap above the load that shows or hides anything.
#[test]
fn a_cap_above_the_load_changes_nothing() {
    let free = load("red-cat-618", &[]);
    let capped = load("red-cat-618", &["policy.ad_load_cap=0.2"]);
    assert_eq!(digests(&free), digests(&capped));
}

/// Would catch a take rate that moves people, or one that is taken at the wrong time or twice: only
/// commission changes, and by the stated part of what was sold in the phase.
#[test]
fn a_take_rate_moves_money_and_nobody() {
    let free = load("red-cat-618", &[]);
    let dear = with(
        "[[policy.phases]]\nname = 'dear'\nfrom = '2025-06-01'\n\
         commission = { tmall = 0.10 }\n",
    );
    assert_eq!(digests(&free), digests(&dear));
    let tmall = free.wire().destinations.iter();
    let tmall = tmall.map(|d| d.name.as_str()).position(|d| d == "tmall");
    let tmall = tmall.unwrap();
    let (mut early, mut late) = (0.0, 0.0);
    let counts = live(&dear, 20_000, |h| {
        for order in h.orders().iter().filter(|o| !o.refunded) {
            if order.destination.index() == tmall {
                let part = if order.at < 19 * DAY {
                    &mut early
                } else {
                    &mut late
                };
                *part += order.value as f64;
            }
        }
    })
    .counts;
    let due = 0.041 * early + 0.10 * late;
    let taken = counts.sales_total(tmall).commission_fen as f64;
    let rounding = counts.sales_total(tmall).orders as f64;
    assert!((taken - due).abs() <= rounding, "{taken} {due}");
    assert_eq!(money(&dear, &counts).balance(), 0);
}

/// Would catch a subsidy that does not reach the price, or that nobody pays: sales move to whoever
/// subsidises, it pays just that part of the orders kept, and the books balance.
#[test]
fn a_subsidy_shifts_sales_and_is_paid_for() {
    let free = load("closed-loop-618", &[]);
    let text = "extends = 'closed-loop-618'\nname = 'subsidised'\n[[policy.phases]]\n\
                name = 'campaign'\nsubsidy = { jd = 0.20 }\n";
    let helped = Scenario::from_text("subsidised.toml", text, &[]).unwrap();
    let comparison = compared(free, helped.clone(), 20_000);
    let jd = difference(&comparison, "gmv.jd");
    assert!(jd.distinguishable() && jd.estimate.value > 0.0);
    assert!(difference(&comparison, "gmv.tmall").estimate.value < 0.0);
    assert!(comparison.pairs[0].surplus_fen.value > 0.0);
    let counts = live(&helped, 20_000, |_| {}).counts;
    let money = money(&helped, &counts);
    let jd = money.marketplaces.iter().find(|m| m.name == "jd").unwrap();
    let place = helped.wire().destinations.iter();
    let place = place.map(|d| d.name.as_str()).position(|d| d == "jd");
    let sales = counts.sales_total(place.unwrap());
    let due = 0.20 * (sales.gmv_fen - sales.refunded_fen) as f64;
    assert!((jd.subsidy_fen as f64 - due).abs() <= sales.orders as f64);
    assert_eq!(money.balance(), 0);
}

/// Charges of a tier for a channel where each read is engaged with once, and the part of a charge
/// that belongs to some of the reads, funded at so many parts of four.
fn due(cost: &Cost, impressions: u64, [some, reads]: [u64; 2], quarters: u64) -> i64 {
    let charge = match cost {
        Cost::Free | Cost::Commission { .. } => 0,
        Cost::Impressions { per_thousand } => {
            (impressions * per_thousand.fen_f64() as u64 + 500) / 1_000
        }
        Cost::Read { each } | Cost::Engagement { each } => reads * each.fen_f64() as u64,
    };
    (charge * some * quarters / (4 * reads).max(1)) as i64
}

/// Would catch advertising that a marketplace funds (UD) and that moves people, that the platform
/// earns twice or not at all, that another marketplace pays, or that is paid for notes before or after
/// the grant: by whatever part it is funded everybody lives the same life, and of the charges for just
/// those notes that were read while the grant let them link out its destination pays that part, to the
/// fen, and merchants so much less. (No note wakes a need here, so that every contact is a read; and
/// each read is liked and nothing else, so that engagements can be counted.)
#[test]
fn funding_shifts_who_pays_and_nobody_else() {
    let scenario = |quarters: u64| {
        let free = load("red-cat-618", &[]);
        let still = free.channels().iter();
        let still: String = still
            .map(|c| format!("[[channels]]\nname = '{}'\ntrigger = 0\n", c.name))
            .collect();
        let liked = "like = 1\ncollect = 0\nshare = 0\ncomment = 0\nfollow = 0\nask_link = 0\n";
        let gate = "min_score = 4.5\nmin_daily_budget = '¥5000'\n";
        with(&format!(
            "{still}[exposure.feed.engagement]\n{liked}[exposure.search.engagement]\n{liked}\
             [[policy.outbound]]\nname = 'red-cat'\nuntil = '2025-05-28 12:00'\nfunded = {}\n\
             [[policy.outbound]]\nname = 'jd'\ndestination = 'jd'\ncategories = ['apparel']\n\
             {gate}funded = 0.25\n\
             [[policy.outbound]]\nname = 'later'\ndestination = 'tmall'\n{gate}\
             categories = ['beauty', 'sports', 'health']\nfrom = '2025-05-28 12:00'\n",
            quarters as f64 / 4.0
        ))
    };
    let free = scenario(0);
    let place = |name: &str| {
        let mut all = free.wire().destinations.iter();
        all.position(|d| d.name == name).unwrap()
    };
    let (tmall, jd) = (place("tmall"), place("jd"));
    let (tiers, channels) = (free.tiers().len(), free.channels().len());
    let ends = 15 * DAY + DAY / 2;
    // Reads of notes with a link that is paid for, by destination, tier and channel.
    let mut linked = [tmall, jd].map(|_| vec![0; tiers * channels]);
    let world = World::new(&free, 618);
    let base = live(&free, 6_000, |h| {
        for contact in h.contacts() {
            let channel = contact.channel.index();
            let to = world.access().direct(contact.merchant, contact.at);
            let to = to.filter(|_| free.channels()[channel].link == Link::Direct);
            let tier = world.supply().merchant(contact.merchant).tier.index();
            let cell = tier * channels + channel;
            let to = to.map(redcat::base::DestinationId::index);
            linked[0][cell] += u64::from(to == Some(tmall) && contact.at < ends);
            linked[1][cell] += u64::from(to == Some(jd));
        }
    })
    .counts;
    let plain = money(&free, &base);
    let lives = digests(&free);
    for quarters in [0, 2, 4] {
        let funded = scenario(quarters);
        assert_eq!(lives, digests(&funded));
        let counts = live(&funded, 6_000, |_| {}).counts;
        assert_eq!(base, counts);
        let money = money(&funded, &counts);
        for (linked, place, quarters) in [(&linked[0], tmall, quarters), (&linked[1], jd, 1)] {
            let cells = (0..tiers * channels).map(|cell| {
                let of = counts.channel(cell / channels, cell % channels);
                let cost = &free.channels()[cell % channels].cost;
                due(cost, of.impressions, [linked[cell], of.reads], quarters)
            });
            let name = &free.wire().destinations[place].name;
            let mut markets = money.marketplaces.iter();
            let paid = markets.find(|m| m.name == *name).unwrap().funded_fen;
            assert_eq!(paid, cells.sum::<i64>(), "{name} at {quarters} of 4");
            assert_eq!(paid > 50_000, quarters > 0, "{name}: {paid}");
        }
        // The platform earns what it did; all that merchants save is what marketplaces pay.
        assert_eq!(money.ads_fen, plain.ads_fen);
        assert_eq!(money.ads_by_channel_fen, plain.ads_by_channel_fen);
        let paid: i64 = money.marketplaces.iter().map(|m| m.funded_fen).sum();
        let by_merchants: i64 = money.tiers.iter().map(|t| t.ads_fen).sum();
        assert_eq!(by_merchants + paid, money.ads_fen);
        let kept = |m: &Money| m.tiers.iter().map(|t| t.kept_fen()).sum::<i64>();
        let before: i64 = plain.marketplaces.iter().map(|m| m.funded_fen).sum();
        assert_eq!(kept(&money) - kept(&plain), paid - before);
        assert_eq!(money.balance(), 0);
    }
}

/// Would catch a cap that holds longer or shorter than its phase: on the days of the phase half of the
/// paid notes are read, within six standard errors of a binomial; on all others, and of free notes, all.
#[test]
fn a_cap_holds_in_its_phase_only() {
    let quiet = |phase: &str| {
        let free = load("red-cat-618", &[]);
        let names = free.channels().iter().map(|c| c.name.clone());
        let none: String = names
            .map(|name| format!("[[channels]]\nname = '{name}'\ntrigger = 0\n"))
            .collect();
        with(&format!(
            "{none}[behaviour.trust]\nsessions = 0\nreading = 0\nneeds = 0\n{phase}"
        ))
    };
    let phase = "[[policy.phases]]\nname = 'thin'\nad_load_cap = 0.0375\n\
                 from = '2025-05-20'\nuntil = '2025-06-01'\n";
    let [before, after] = [quiet(""), quiet(phase)].map(|scenario| {
        let mut reads = [[0; 2]; 2];
        live(&scenario, 10_000, |h| {
            for contact in h.contacts() {
                // A session of the day before may last beyond midnight: the small hours tell nothing.
                if contact.at % DAY < DAY / 4 {
                    continue;
                }
                let now = (7 * DAY..19 * DAY).contains(&contact.at);
                let paid = scenario.channels()[contact.channel.index()].paid;
                reads[usize::from(now)][usize::from(paid)] += 1;
            }
        });
        reads
    });
    assert_eq!(before[0], after[0]);
    assert_eq!(before[1][0], after[1][0]);
    let [all, left] = [before[1][1], after[1][1]].map(f64::from);
    let six = 6.0 * (all * 0.25).sqrt();
    assert!(
        all > 1_000.0 && (left - all / 2.0).abs() < six,
        "{left} of {all}"
    );
}

/// Would catch a subsidy that is paid before or after its phase: what is paid is the part of orders kept
/// of the phase's days, and until it begins nothing differs.
#[test]
fn a_subsidy_holds_in_its_phase_only() {
    let helped = with(
        "[[policy.phases]]\nname = 'campaign'\nfrom = '2025-05-20'\nuntil = '2025-06-01'\n\
         subsidy = { jd = 0.20 }\n",
    );
    let jd = helped.wire().destinations.iter();
    let jd = jd.map(|d| d.name.as_str()).position(|d| d == "jd").unwrap();
    let (from, until) = (7 * DAY, 19 * DAY);
    let earlier = |h: &History| {
        let orders = h.orders().iter().filter(|o| o.at < from);
        let key = orders.map(|o| (o.need, o.at, o.destination, o.value));
        key.collect::<Vec<_>>()
    };
    let (mut free, mut same, mut due) = (Vec::new(), Vec::new(), 0.0);
    live(&load("red-cat-618", &[]), 20_000, |h| {
        free.extend(earlier(h))
    });
    let counts = live(&helped, 20_000, |h| {
        same.extend(earlier(h));
        let kept = h.orders().iter().filter(|o| !o.refunded);
        let helped = kept.filter(|o| o.destination.index() == jd && (from..until).contains(&o.at));
        due += helped.map(|o| o.value as f64 * 0.20).sum::<f64>();
    })
    .counts;
    assert!(free.len() > 50 && free == same);
    let sales = counts.sales_total(jd);
    assert!(due > 0.0 && (sales.subsidy_fen as f64 - due).abs() <= sales.orders as f64);
}

/// Would catch moments at which sales are counted apart that change what people do.
#[test]
fn counting_apart_changes_nothing() {
    let scenario = load("red-cat-618", &[]);
    let [plain, cut] = [&[][..], &[5 * DAY, 20 * DAY]].map(|cuts| {
        let world = World::cut(&scenario, 618, cuts);
        let mut history = world.start();
        let mut digests = Vec::new();
        for user in 0..500 {
            world.history(UserId(user), Intervention::NONE, &mut history);
            digests.push(history.digest().get());
        }
        (digests, history.counts)
    });
    assert_eq!(plain.0, cut.0);
    let sum = |of: &[(u64, i64)]| of.iter().map(|(orders, _)| orders).sum::<u64>();
    assert_eq!(sum(&plain.1.by_stretch), sum(&cut.1.by_stretch));
    assert_eq!(cut.1.by_stretch.len(), 3 * plain.1.by_stretch.len());
}

/// The line of break-even: opening pays the platform iff φ > ROI · κ · (t + a), with φ the part of
/// outbound spending that is new, t what it takes of sales in the app and a what is spent there on
/// advertising by sales. Would catch a spending that is not booked by what is sold, and κ measured
/// other than it works on money. κ is measured on the same people, so the line is met to rounding.
#[test]
fn opening_pays_above_the_line_of_break_even() {
    // Nothing is spent by channel, nothing is sent back, and commission is a plain rate.
    let policy = |phi: f64, open: &str| {
        let free = load("degenerate", &[]);
        let channels = free.channels().iter();
        let channels: String = channels
            .map(|c| {
                format!(
                    "[[channels]]\nname = '{}'\ncost = {{ by = 'free' }}\n",
                    c.name
                )
            })
            .collect();
        let categories: String = free
            .wire()
            .categories
            .iter()
            .map(|c| format!("[[categories]]\nname = '{}'\nreturns = 0\n", c.name))
            .collect();
        let text = format!(
            "extends = 'degenerate'\nname = 'line'\n{channels}{categories}\
             [[destinations]]\nname = 'in-app'\nappeal = 0.9\ncommission = 0.03\n\
             [policy.spend]\nin_app_rate = 0.05\noutbound_roi = 3\nincremental = {phi}\n{open}"
        );
        Scenario::from_text("line.toml", &text, &[]).unwrap()
    };
    let open = "[[policy.outbound]]\nname = 'all'\ndestination = 'tmall'\nmin_score = 0\n\
                min_daily_budget = '¥0'\n";
    let closed = policy(0.0, "");
    let measured = compared(closed, policy(0.0, open), 20_000);
    let kappa = measured.pairs[0].kappa.value;
    assert!(kappa > 0.02 && kappa < 1.5, "{kappa}");
    let line = 3.0 * kappa * (0.03 + 0.05);
    for (phi, pays) in [(line * 0.98, false), (line * 1.02, true)] {
        let comparison = compared(policy(phi, ""), policy(phi, open), 20_000);
        let platform = difference(&comparison, "platform.all").estimate.value;
        assert_eq!(platform > 0.0, pays, "φ {phi}, line {line}: {platform}");
    }
}

/// Would catch rules that contradict each other and are obeyed in the order of the file, names that
/// mean nothing, and rates that are none.
#[test]
fn contradictions_are_refused() {
    let phase = |name: &str, rule: &str, span: &str| {
        format!("[[policy.phases]]\nname = '{name}'\n{rule}\n{span}\n")
    };
    let first = phase("one", "blue_links = true", "until = '2025-06-01'");
    let second = phase("two", "blue_links = false", "from = '2025-05-31'");
    let said = refused(&(first.clone() + &second));
    assert!(said.contains("policy.phases[two].blue_links"), "{said}");
    assert!(said.contains("`one` sets it, too"), "{said}");
    // One after the other is no contradiction, nor are two rules at once.
    with(&(first.clone() + &phase("two", "blue_links = false", "from = '2025-06-01'")));
    with(&(first + &phase("two", "ad_load_cap = 0.05", "")));
    for (rule, parts) in [
        ("commission = { tmal = 0.1 }", ["tmal", "tmall"]),
        ("commission = { tmall = 1.2 }", ["1.2", "0 to 1"]),
        ("subsidy = { jd = -0.1 }", ["-0.1", "0 to 1"]),
        (
            "from = '2025-06-02'\nuntil = '2025-06-01'",
            ["2025-06-01", "swap"],
        ),
    ] {
        let said = refused(&phase("one", rule, ""));
        for part in parts {
            assert!(said.contains(part), "{rule}: {said}");
        }
    }
    for part in ["1.5", "-0.1"] {
        let said = refused(&format!(
            "[[policy.outbound]]\nname = 'red-cat'\nfunded = {part}\n"
        ));
        for part in [part, "0 to 1", "policy.outbound[red-cat].funded"] {
            assert!(said.contains(part), "{said}");
        }
    }
    let twice = phase("one", "", "") + &phase("one", "", "");
    assert!(with_names(&twice), "merged by name: not two phases");
}

fn with_names(policy: &str) -> bool {
    // Two items of one name in one list are refused by the reader.
    refused(policy).contains("one")
}
