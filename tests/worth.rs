//! What numbers are worth: truths that agree where they must, experiments that are honest, and the
//! cost of believing a model.

use redcat::base::UserId;
use redcat::engine::{Outcome, RunOptions, Silent, run};
use redcat::evaluate::{Players, TruthState};
use redcat::scenario::{Override, Scenario};
use redcat::world::{History, Intervention, World};

fn load(name: &str, sets: &[&str]) -> Scenario {
    changed(name, "", sets)
}

/// A shipped scenario with more keys, and some changed.
fn changed(name: &str, more: &str, sets: &[&str]) -> Scenario {
    let text = format!("extends = '{name}'\nname = 'changed'\n{more}");
    let sets: Vec<Override> = sets.iter().map(|s| Override::parse(s).unwrap()).collect();
    Scenario::from_text("changed.toml", &text, &sets).unwrap()
}

fn outcome(scenario: &Scenario, users: u64, seed: u64) -> Outcome {
    let options = RunOptions {
        users: Some(users),
        seed: Some(seed),
        models: Some("last".to_owned()),
        ..RunOptions::default()
    };
    run(scenario, &options, &Silent).unwrap()
}

fn channel(scenario: &Scenario, name: &str) -> usize {
    let mut channels = scenario.channels().iter();
    channels.position(|c| c.name == name).unwrap()
}

/// Settings under which no note moves anybody.
fn without_effects() -> Vec<String> {
    let base = Scenario::load("degenerate".as_ref()).unwrap();
    let channels = base.channels().iter();
    let still = channels.map(|c| format!("channels[{}].trigger=0", c.name));
    still.collect()
}

/// Would catch a truth of a whole run that drifts from its definition: in the degenerate world the
/// pointer, the switch-off and the Shapley values are the same number of orders and the same value,
/// channel by channel, and tiers add up to channels.
#[test]
fn three_truths_agree_where_nothing_interacts() {
    let scenario = load("degenerate", &["measure.truth.shapley=1"]);
    let outcome = outcome(&scenario, 20_000, 1);
    let truth = &outcome.truth;
    assert_eq!((outcome.sampled, outcome.games), (20_000, 20_000));
    for (place, of) in truth.by_channel.iter().enumerate() {
        assert_eq!([of.pointer_orders, of.pointer_gmv_fen], of.caused());
        assert_eq!(truth.shapley[place], of.caused());
        let tiers: f64 = truth.by_group[place].iter().map(|t| t.orders).sum();
        assert_eq!(tiers, of.orders);
    }
    let effective = truth.by_channel.iter().filter(|t| t.orders > 10.0);
    assert!(effective.count() > 5, "{:?}", truth.by_channel);
}

/// A user's Shapley values by the definition: every coalition of the channels that reached them.
fn by_definition(world: &World, with: &History, without: &mut History) -> Vec<(usize, f64)> {
    let reached = with.channels_read();
    let players: Vec<usize> = (0..64).filter(|c| reached >> c & 1 == 1).collect();
    let n = players.len();
    let mut worth = vec![0.0; 1 << n];
    for (on, worth) in worth.iter_mut().enumerate() {
        let off = (0..n).filter(|p| on >> p & 1 == 0);
        let off = off.fold(0, |off, p| off | 1_u64 << players[p]);
        world.again(with, Intervention::without(off), without);
        *worth = without.orders().len() as f64;
    }
    let factorial = |n: usize| (1..=n).map(|x| x as f64).product::<f64>();
    let due = |p: usize| {
        let others = (0..1_usize << n).filter(|on| on >> p & 1 == 0);
        let gains = others.map(|on| {
            let s = on.count_ones() as usize;
            let weight = factorial(s) * factorial(n - s - 1) / factorial(n);
            weight * (worth[on | 1 << p] - worth[on])
        });
        gains.sum::<f64>()
    };
    (0..n).map(|p| (players[p], due(p))).collect()
}

/// Would catch a game with wrong weights or coalitions, or orders that are not drawn evenly: user by
/// user equal to the definition where it is exact, and on average where orders are drawn (six standard
/// errors, a false alarm of 2·10⁻⁹ for each of 12 channels; the seed is fixed). Without noise of
/// choice own needs compete with triggered ones, so channels do interact.
#[test]
fn shapley_values_are_those_of_the_definition() {
    let sets = without_effects();
    let sets: Vec<String> = sets.iter().map(|s| s.replace("=0", "=0.6")).collect();
    let mut sets: Vec<&str> = sets.iter().map(String::as_str).collect();
    sets.extend(["behaviour.response.fatigue=0.5", "behaviour.choice.brand=2"]);
    let scenario = load("red-cat-618", &sets);
    let players = Players::of(&scenario);
    let world = World::new(&scenario, 7);
    let (mut with, mut without) = (world.start(), world.start());
    let mut drawn = vec![(0.0, 0.0, 0.0); players.channels()];
    let mut exact = 0;
    for user in 0..20_000 {
        world.history(UserId(user), Intervention::NONE, &mut with);
        let reached = with.channels_read().count_ones();
        if reached == 0 || reached > 7 {
            continue;
        }
        let mut state = TruthState::new(&players);
        state.user(&players, &with, false);
        state.game.play(&world, &with, &mut without);
        let found = state.estimate(&players).shapley;
        for (channel, due) in by_definition(&world, &with, &mut without) {
            let off = found[channel][0] - due;
            if reached <= 4 {
                assert!(off.abs() < 1e-9, "user {user}, channel {channel}: {off}");
                exact += usize::from(due.fract() != 0.0);
            } else {
                let (n, sum, squares) = &mut drawn[channel];
                *n += 1.0;
                *sum += off;
                *squares += off * off;
            }
        }
    }
    // Shares that are no whole numbers come from channels that interact.
    assert!(exact > 30, "{exact}");
    for (channel, (n, sum, squares)) in drawn.iter().enumerate() {
        assert!(*n > 100.0 && *squares > 0.0, "channel {channel}: {n} games");
        assert!(
            sum.abs() < 6.0 * squares.sqrt(),
            "channel {channel}: {sum} of {squares}"
        );
    }
}

/// Would catch a game of a few users that is not brought to all: of three users one's game is played, and
/// stands for those of three; what the pointer gives the others is known.
#[test]
fn games_of_a_few_stand_for_all() {
    let sets = without_effects();
    let sets: Vec<String> = sets.iter().map(|s| s.replace("=0", "=0.6")).collect();
    let mut sets: Vec<&str> = sets.iter().map(String::as_str).collect();
    sets.push("behaviour.choice.brand=2");
    let scenario = load("red-cat-618", &sets);
    let players = Players::of(&scenario);
    let world = World::new(&scenario, 7);
    let (mut with, mut without) = (world.start(), world.start());
    let mut moved = 0;
    for first in (0..9_000).step_by(3) {
        let mut state = TruthState::new(&players);
        let mut expected = vec![0.0; players.channels()];
        for user in first..first + 3 {
            world.history(UserId(user), Intervention::NONE, &mut with);
            state.user(&players, &with, false);
            let played = user == first;
            for order in with.orders() {
                if let Some(cause) = order.cause {
                    expected[cause.index()] += if played { -2.0 } else { 1.0 };
                }
            }
            if played && with.channels_read().count_ones() <= 4 {
                state.game.play(&world, &with, &mut without);
                for (channel, due) in by_definition(&world, &with, &mut without) {
                    expected[channel] += 3.0 * due;
                    moved += usize::from(due != 0.0);
                }
            }
        }
        if state.game.users == 1 {
            for (found, expected) in state.estimate(&players).shapley.iter().zip(&expected) {
                assert!((found[0] - expected).abs() < 1e-9, "{found:?} {expected}");
            }
        }
    }
    assert!(moved > 50, "{moved}");
}

/// Would catch Shapley values that lose or invent orders: they add up to what all channels together
/// cause, which the effects of single channels need not.
#[test]
fn shapley_values_add_up() {
    let sets = ["measure.truth.sample=1", "measure.truth.shapley=1"];
    let scenario = load("red-cat-618", &sets);
    let truth = outcome(&scenario, 3_000, 2).truth;
    for kind in [0, 1] {
        let due: f64 = truth.shapley.iter().map(|s| s[kind]).sum();
        let all = truth.all.caused()[kind];
        assert!((due - all).abs() <= 1e-9 * all.abs(), "{due} against {all}");
    }
}

/// Would catch a set that is not switched off as a whole: all channels by name are all channels.
#[test]
fn a_set_of_all_channels_is_all_channels() {
    let base = Scenario::load("red-cat-618".as_ref()).unwrap();
    let names: Vec<String> = base
        .channels()
        .iter()
        .map(|c| format!("'{}'", c.name))
        .collect();
    let set = format!(
        "[[measure.truth.sets]]\nname = 'every'\nchannels = [{}]\n\
         [[measure.truth.sets]]\nname = 'one'\nchannels = ['live']",
        names.join(", ")
    );
    let scenario = changed("red-cat-618", &set, &["measure.truth.sample=1"]);
    let truth = outcome(&scenario, 2_000, 3).truth;
    assert_eq!(truth.sets[0], truth.all);
    assert_eq!(truth.sets[1], truth.by_channel[channel(&scenario, "live")]);
}

const EXPERIMENT: &str = "[[measure.experiments]]\nname = 'each'\nholdout = 0.035\n";

/// Would catch truth, or an experiment, that sees an effect where there is none, and intervals of
/// experiments that promise too much: fourteen holdouts over many seeds cover zero in 92 to 98 % of
/// cases (long, 2,800 intervals) or at least 89 % (short, 560: fewer come once in 10⁷,
/// Binomial(560, 0.95)). Last touch still hands out credit there: that is what it is worth.
///
/// Known limit: where a holdout has some ten orders its intervals are narrow, since few orders are
/// skewed: with 6,000 users 2,572 of 2,800 have held zero, so that the long version takes 20,000.
#[test]
fn without_effects_truth_is_zero_and_experiments_say_so() {
    let long = std::env::var_os("REDCAT_LONG").is_some();
    if !long {
        eprintln!("the long version (200 seeds) is skipped: set REDCAT_LONG to run it");
    }
    let sets = without_effects();
    let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
    let scenario = changed("degenerate", EXPERIMENT, &sets);
    let (seeds, users) = if long { (200, 20_000) } else { (40, 6_000) };
    let (mut covered, mut all) = (0, 0);
    for seed in 1..=seeds {
        let outcome = outcome(&scenario, users, seed);
        let truth = &outcome.truth;
        assert!(
            truth.by_channel.iter().all(|t| t.caused() == [0.0; 2]),
            "seed {seed}"
        );
        assert_eq!(truth.all.caused(), [0.0; 2]);
        let oracle = outcome.regimes.iter().find(|r| r.name == "oracle").unwrap();
        assert!(oracle.models[0].credit.credited().conversions > 5.0);
        for found in &outcome.experiments[0].found {
            all += 1;
            covered += u64::from(found.orders.interval.unwrap().crosses_zero());
        }
    }
    eprintln!("{covered} of {all} intervals hold zero");
    let share = covered as f64 / f64::from(all);
    assert!(share <= if long { 0.98 } else { 1.0 }, "{covered} of {all}");
    assert!(
        share >= if long { 0.92 } else { 0.89 },
        "{covered} of {all}"
    );
}

/// Would catch a truth of the wrong size: where every read triggers a need with probability 0.2, and
/// every need becomes an order at once, a channel causes 0.2 orders a read. Binomial; 6.5 standard
/// errors, false alarm 10⁻¹⁰.
#[test]
fn a_known_effect_is_found() {
    let mut sets = without_effects();
    let base = Scenario::load("degenerate".as_ref()).unwrap();
    let of_category = |c: &str| format!("categories[{c}].order_per_visit=1");
    sets.extend(base.wire().categories.iter().map(|c| of_category(&c.name)));
    let stores = |t: &str| format!("tiers[{t}].stores={{ in-app = 1, tmall = 1 }}");
    sets.extend(base.wire().tiers.iter().map(|t| stores(&t.name)));
    let plain = [
        "channels[koc-note].trigger=0.2",
        "people.interest_spread=0",
        "exposure.notes.appeal_spread=0",
        "behaviour.delay.seeding='1s'",
        "behaviour.choice.remembered=1",
        "measure.truth.sample=1",
    ];
    sets.extend(plain.map(str::to_owned));
    let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
    let scenario = load("degenerate", &sets);
    let outcome = outcome(&scenario, 120_000, 5);
    let koc = channel(&scenario, "koc-note");
    let reads = outcome.counts.channel_total(koc).reads as f64;
    let caused = outcome.truth.by_channel[koc].orders;
    let bound = 6.5 * (reads * 0.2 * 0.8).sqrt();
    assert!(
        bound < 0.05 * caused,
        "too wide to see: {bound} of {caused}"
    );
    assert!(
        (caused - 0.2 * reads).abs() < bound,
        "{caused} of {reads} reads"
    );
    let others = outcome.truth.by_channel.iter().enumerate();
    assert!(
        others
            .filter(|(c, _)| *c != koc)
            .all(|(_, t)| t.orders == 0.0)
    );
}

/// Would catch an experiment that holds nobody back, counts the wrong users, or is not brought to all of
/// them: where advertising works strongly it finds what the truth finds, within six standard errors,
/// which are less than a sixth of it. (False alarm 2·10⁻⁹; fixed seed.)
#[test]
fn an_experiment_finds_what_the_truth_finds() {
    let ads = "['feed-ad', 'video-ad', 'kol-note', 'koc-note', 'search-ad']";
    let hold = format!(
        "[[measure.truth.sets]]\nname = 'ads'\nchannels = {ads}\n\
         [[measure.experiments]]\nname = 'ads'\nholdout = 0.5\nhold = ['ads']\n"
    );
    let strong = ["feed-ad", "video-ad", "kol-note", "koc-note", "search-ad"]
        .map(|c| format!("channels[{c}].trigger=0.9"));
    let base = Scenario::load("red-cat-618".as_ref()).unwrap();
    let certain = base.wire().categories.iter();
    let certain = certain.map(|c| format!("categories[{}].order_per_visit=1", c.name));
    let mut sets: Vec<String> = certain.chain(strong).collect();
    sets.push("measure.truth.sample=1".to_owned());
    let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
    let outcome = outcome(&changed("red-cat-618", &hold, &sets), 30_000, 13);
    let caused = outcome.truth.sets[0].orders;
    let found = outcome.experiments[0].found[0].orders;
    let six = 6.0 * found.interval.unwrap().half() / 2.04;
    assert!(six < caused / 6.0, "too wide to see: {six} of {caused}");
    assert!((found.value - caused).abs() < six, "{found:?} {caused}");
}

/// Would catch a truth, or an experiment, that confounding can fool: the more an advertisement is
/// shown to those who want the product already, the further last touch is from what it causes, while
/// the experiment stays within its error (6 standard errors).
#[test]
fn aiming_at_those_who_want_already_fools_models_not_experiments() {
    let hold = "[[measure.truth.sets]]\nname = 'ads'\nchannels = ['feed-ad']\n\
                [[measure.experiments]]\nname = 'ads'\nholdout = 0.5\nhold = ['ads']\n";
    let seen = |aim: &str| {
        let aim = format!("channels[feed-ad].retargeting={aim}");
        let sets = [aim.as_str(), "measure.truth.sample=1"];
        let scenario = changed("red-cat-618", hold, &sets);
        let outcome = outcome(&scenario, 60_000, 9);
        let ads = channel(&scenario, "feed-ad");
        let oracle = outcome.regimes.iter().find(|r| r.name == "oracle").unwrap();
        let credited = oracle.models[0].credit.by_channel()[ads].conversions;
        let caused = outcome.caused[ads].orders.value;
        let found = outcome.experiments[0].found[0].orders;
        let error = found.interval.unwrap().half() / 2.04;
        assert!(
            (found.value - caused).abs() < 6.0 * error,
            "{found:?}, caused {caused}"
        );
        (oracle.models[0].bias[ads], credited / caused)
    };
    let (blind, aimed) = (seen("0"), seen("0.9"));
    eprintln!("blind {blind:?}, aimed {aimed:?}");
    // Six standard errors of the difference of two biases.
    let errors = [blind.0, aimed.0].map(|e| e.interval.unwrap().half() / 2.04);
    let error = (errors[0] * errors[0] + errors[1] * errors[1]).sqrt();
    assert!(
        aimed.0.value - blind.0.value > 6.0 * error,
        "{blind:?} {aimed:?}"
    );
}

/// Would catch budgets that are not spent, a budget of the truth that is worse than none, and models
/// that are charged for agreeing with the truth. Here advertisements in the feed work and no others:
/// who leaves the budget where it is loses.
#[test]
fn a_budget_that_ignores_what_works_loses_sales() {
    let regret = "[measure.regret]\nusers = 40_000\nmost = 3\n";
    let mut sets = without_effects();
    sets.push("channels[feed-ad].trigger=0.5".to_owned());
    sets.push("measure.truth.sample=0.2".to_owned());
    let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
    let scenario = changed("red-cat-618", regret, &sets);
    let outcome = outcome(&scenario, 40_000, 11);
    let regret = outcome.regret.unwrap();
    let ads = channel(&scenario, "feed-ad");
    assert_eq!(regret.truth[ads], 3.0);
    let lost = regret.today.lost_fen;
    assert!(lost.interval.unwrap().low > 0.0, "{lost:?}");
    for budget in regret.chosen.iter().chain([&regret.today]) {
        assert!((budget.spent - 1.0).abs() < 0.05, "{budget:?}");
    }
    let models = outcome.regimes.iter().flat_map(|r| &r.models);
    assert!(models.clone().count() > 3);
    for (choice, model) in regret.choices.iter().flatten().zip(models) {
        if *choice == redcat::engine::regret::Choice::Truth {
            assert_eq!(model.regret_fen.unwrap().value, 0.0);
        }
    }
}

/// Would catch experiments, games or budgets that depend on threads.
#[test]
fn threads_cannot_be_seen_in_what_numbers_are_worth() {
    let sets = ["measure.regret.users=500", "measure.truth.shapley=0.1"];
    let scenario = load("worth-618", &sets);
    let told = |threads| {
        let options = RunOptions {
            users: Some(3_000),
            threads: Some(threads),
            ..RunOptions::default()
        };
        let outcome = run(&scenario, &options, &Silent).unwrap();
        let context = redcat::report::Context::default();
        let document = redcat::report::document(&scenario, &outcome, &context);
        document["digest"].as_str().unwrap().to_owned()
    };
    assert_eq!(told(1), told(7));
}
