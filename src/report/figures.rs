//! Numbers as people read them.

/// Stands for a number that is not known.
pub(super) const NOT_TOLD: &str = "–";

/// A whole number with its thousands grouped: `1,234,567`.
#[must_use]
pub fn grouped(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::from(if n < 0 { "−" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count, grouped.
#[must_use]
pub fn count(n: u64) -> String {
    grouped(i64::try_from(n).unwrap_or(i64::MAX))
}

/// A count with what is counted, which makes its plural by an s: `1 thread`, `2 threads`.
#[must_use]
pub fn of_them(n: u64, one: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{} {one}{s}", count(n))
}

/// A float rounded to a whole number, grouped.
#[must_use]
pub fn rounded(x: f64) -> String {
    if x.is_finite() {
        grouped(x.round() as i64)
    } else {
        NOT_TOLD.to_owned()
    }
}

/// Money in fen as yuan, grouped, without fen: `¥1,234,568`.
#[must_use]
pub fn yuan(fen: i64) -> String {
    let yuan = (fen as f64 / 100.0).round() as i64;
    if yuan < 0 {
        format!("−¥{}", grouped(-yuan))
    } else {
        format!("¥{}", grouped(yuan))
    }
}

/// A share as a percentage with one decimal.
#[must_use]
pub fn percent(share: f64) -> String {
    if share.is_finite() {
        format!("{} %", decimals(share * 100.0, 1))
    } else {
        NOT_TOLD.to_owned()
    }
}

/// A float with so many decimals and a true minus sign; no sign on what rounds to zero.
#[must_use]
pub fn decimals(x: f64, digits: usize) -> String {
    if !x.is_finite() {
        return NOT_TOLD.to_owned();
    }
    let text = format!("{:.digits$}", x.abs());
    let zero = text.chars().all(|c| c == '0' || c == '.');
    if x < 0.0 && !zero {
        format!("−{text}")
    } else {
        text
    }
}

/// A float with so many significant digits, never in exponent form.
#[must_use]
pub fn significant(x: f64, digits: usize) -> String {
    if !x.is_finite() {
        return NOT_TOLD.to_owned();
    }
    if x == 0.0 {
        return "0".to_owned();
    }
    // How many digits stand before the point.
    let before = format!("{:.0}", x.abs().floor()).len() as i64;
    let before = if x.abs() < 1.0 {
        let text = format!("{:.15}", x.abs());
        -(text.chars().skip(2).take_while(|c| *c == '0').count() as i64)
    } else {
        before
    };
    decimals(x, (digits as i64 - before).clamp(0, 12) as usize)
}

/// Three digits, or all before the point.
#[must_use]
pub fn brief(x: f64) -> String {
    if x.abs() >= 1_000.0 {
        rounded(x)
    } else {
        significant(x, 3)
    }
}

/// Bytes in binary units.
#[must_use]
pub fn bytes(n: u64) -> String {
    let mib = n as f64 / (1 << 20) as f64;
    if n > 0 && mib < 0.5 {
        format!("{} KiB", n.div_ceil(1 << 10))
    } else if mib < 1_024.0 {
        format!("{mib:.0} MiB")
    } else if mib < 1_048_576.0 {
        format!("{:.2} GiB", mib / 1_024.0)
    } else {
        format!("{:.2} TiB", mib / 1_048_576.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a comma in the wrong place and a lost sign.
    #[test]
    fn numbers_read_well() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(-1_234_567), "−1,234,567");
        assert_eq!(yuan(123_456_789), "¥1,234,568");
        assert_eq!(yuan(-150), "−¥2");
        assert_eq!(percent(0.1234), "12.3 %");
        assert_eq!(percent(-0.0004), "0.0 %");
        assert_eq!(percent(-0.174), "−17.4 %");
        assert_eq!(decimals(-0.126, 2), "−0.13");
        assert_eq!(significant(0.24131, 4), "0.2413");
        assert_eq!(significant(0.0063, 3), "0.00630");
        assert_eq!(significant(18.804, 4), "18.80");
        assert_eq!(significant(200.61, 4), "200.6");
        assert_eq!(significant(f64::NAN, 4), "–");
        assert_eq!(bytes(0), "0 MiB");
        assert_eq!(bytes(1_500), "2 KiB");
        assert_eq!(bytes(3 << 20), "3 MiB");
        assert_eq!(bytes(5 << 29), "2.50 GiB");
        assert_eq!(bytes(5 << 39), "2.50 TiB");
        assert_eq!(of_them(1, "thread"), "1 thread");
        assert_eq!(of_them(1_200, "part"), "1,200 parts");
    }
}
