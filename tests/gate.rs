//! What the gate tells must be what the world does.

use redcat::base::MerchantId;
use redcat::evaluate::Gate;
use redcat::evaluate::gate::Admission;
use redcat::scenario::{Override, Scenario};
use redcat::world::World;

fn load(name: &str, sets: &[&str]) -> Scenario {
    let sets: Vec<Override> = sets.iter().map(|s| Override::parse(s).unwrap()).collect();
    Scenario::load_with(name.as_ref(), &sets).unwrap()
}

fn gate(scenario: &Scenario) -> Gate {
    Gate::new(scenario, &World::new(scenario, 618))
}

/// Numbers of the merchants that the first grant admits.
fn admitted(gate: &Gate) -> Vec<MerchantId> {
    let let_in = gate.applicants.iter().filter(|a| a.verdicts[0].is_ok());
    let_in.map(|a| a.id).collect()
}

/// Would catch a table that admits whom the simulation does not, or the other way round, on any hour
/// of the grant; and a merchant listed under another's number.
#[test]
fn those_admitted_are_those_who_link_out() {
    let dates = [
        "policy.outbound[red-cat].from=2025-05-20 12:00",
        "policy.outbound[red-cat].until=2025-05-22 06:00",
    ];
    for sets in [&[][..], &dates] {
        let scenario = load("red-cat-618", sets);
        let world = World::new(&scenario, 618);
        let gate = Gate::new(&scenario, &world);
        let grant = &scenario.grants()[0];
        assert_eq!(gate.applicants.len(), world.supply().merchants().len());
        assert!(!admitted(&gate).is_empty());
        for applicant in &gate.applicants {
            let m = world.supply().merchant(applicant.id);
            assert_eq!(m.daily_budget_fen, applicant.merchant.daily_budget_fen);
            let leads = |at| world.access().direct(applicant.id, at);
            let expected = applicant.verdicts[0].is_ok().then_some(grant.destination);
            let mut hours = (grant.from..grant.until).step_by(3_600);
            assert!(hours.all(|at| leads(at) == expected));
            assert_eq!(leads(grant.until - 1), expected);
        }
    }
}

/// Would catch a threshold that is held the wrong way round: whoever passes a gate passes a lower one,
/// and some pass only that.
#[test]
fn a_lower_gate_admits_no_fewer() {
    let score = "policy.outbound[red-cat].min_score=4.0";
    let budget = "policy.outbound[red-cat].min_daily_budget=¥500";
    let pilot = admitted(&gate(&load("red-cat-618", &[])));
    for sets in [&[score][..], &[budget], &[score, budget]] {
        let lower = admitted(&gate(&load("red-cat-618", sets)));
        assert!(pilot.iter().all(|m| lower.contains(m)), "{sets:?}");
        assert!(lower.len() > pilot.len(), "{sets:?}");
    }
}

/// Would catch shares of popularity that are of something else: the pilot's gate asks for what large
/// brands have, so it must admit far more of popularity than of merchants, whatever the luck.
#[test]
fn the_pilot_favours_the_well_known() {
    let scenario = load("red-cat-618", &[]);
    for seed in 0..20 {
        let gate = Gate::new(&scenario, &World::new(&scenario, seed));
        let total = gate.grants[0].total;
        let factor = total.share_of_popularity() / total.share_of_merchants();
        assert!(factor > 2.0, "{seed}: {factor}");
    }
}

/// Would catch a merchant counted twice or in the wrong row, and popularity that is not weighted by
/// the size of its category.
#[test]
fn rows_add_up() {
    let scenario = load("red-cat-618", &[]);
    let gate = gate(&scenario);
    let wire = scenario.wire();
    let grant = &gate.grants[0];
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
    for rows in [&grant.by_tier, &grant.by_category] {
        let sum = |of: &dyn Fn(&Admission) -> u64| rows.iter().map(of).sum::<u64>();
        assert_eq!(sum(&|a| a.merchants), grant.total.merchants);
        assert_eq!(sum(&|a| a.admitted), grant.total.admitted);
        for (place, refused) in grant.total.refused.iter().enumerate() {
            assert_eq!(sum(&|a| a.refused[place]), *refused);
        }
        for a in rows {
            assert_eq!(a.merchants, a.admitted + a.refused.iter().sum::<u64>());
        }
        let popular = rows.iter().map(|a| a.popularity_admitted).sum();
        close(popular, grant.total.popularity_admitted);
    }
    assert_eq!(grant.total.admitted, admitted(&gate).len() as u64);
    close(grant.total.popularity, 1.0);
    let weights: f64 = wire.categories.iter().map(|c| c.weight.get()).sum();
    for (category, a) in wire.categories.iter().zip(&grant.by_category) {
        close(a.popularity, category.weight.get() / weights);
    }
    for (tier, a) in wire.tiers.iter().zip(&grant.by_tier) {
        close(a.popularity, tier.popularity.get());
    }
}

/// Would catch a rank that does not begin again with each tier, or begins with the unknown.
#[test]
fn ranks_go_by_popularity() {
    let scenario = load("red-cat-618", &[]);
    let gate = gate(&scenario);
    let key = |place: usize| {
        let m = &gate.applicants[place].merchant;
        (m.category, m.tier)
    };
    assert_eq!(gate.applicants[0].rank, 1);
    for (place, pair) in gate.applicants.windows(2).enumerate() {
        let [a, b] = [&pair[0], &pair[1]];
        if key(place) == key(place + 1) {
            assert_eq!(b.rank, a.rank + 1);
            assert!(b.popularity < a.popularity);
        } else {
            assert_eq!(b.rank, 1);
            assert_eq!(
                a.rank,
                scenario.wire().tiers[a.merchant.tier.index()].merchants
            );
        }
    }
}
