//! Arrow files that are no logs, or not whole: refused, and never a panic.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Float64Array, Int64Array, StringViewArray, UInt8Array,
};
use arrow_ipc::CompressionType;
use redcat::io::log::{Log, LogOptions};

use super::Place;
use super::arrow::{batch, file, stream};

/// Would catch columns that nobody can read being taken for something, and a refusal without a remedy.
#[test]
fn what_is_no_log_is_refused() {
    let place = Place::empty();
    let lists = || {
        let mut lists = ListBuilder::new(ListBuilder::new(StringBuilder::new()));
        lists.append(true);
        Arc::new(lists.finish())
    };
    let wrong = batch(vec![
        ("path", lists()),
        ("conversions", Arc::new(UInt8Array::from(vec![1]))),
    ]);
    fs::write(place.path().join("nested.arrow"), file(&wrong, 1, None)).unwrap();
    place.refuses(
        &["attribute", "nested.arrow"],
        2,
        &["column `path`", "is of a type that is not read"],
    );
    let other = batch(vec![("n", Arc::new(UInt8Array::from(vec![1])))]);
    fs::write(place.path().join("other.arrow"), file(&other, 1, None)).unwrap();
    place.refuses(
        &["attribute", "other.arrow"],
        2,
        &["has the columns n", "--map"],
    );
    let bytes = stream(&other, 1);
    fs::write(place.path().join("cut.arrows"), &bytes[..bytes.len() - 30]).unwrap();
    fs::write(place.path().join("mark.arrows"), &bytes[..4]).unwrap();
    place.refuses(
        &["attribute", "cut.arrows", "--map", "path=n"],
        2,
        &["cut.arrows", "n"],
    );
    place.refuses(
        &["attribute", "mark.arrows"],
        2,
        &["cannot be read as Arrow (it ends in the middle)"],
    );
}

/// Numbers that look like chance, from a place.
fn noise(place: u64) -> u64 {
    let mut x = place.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D;
    x = (x ^ (x >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x ^ (x >> 29)
}

/// Would catch a damaged file that panics, asks for memory without end, or is read as whole when it
/// was cut: files cut at many places are refused, and flipped bytes are refused or change values.
#[test]
fn damaged_files_are_refused_and_never_panic() {
    let place = Place::empty();
    let few = |texts: &[&str]| -> ArrayRef {
        Arc::new(
            texts
                .iter()
                .map(|t| Some(*t))
                .collect::<DictionaryArray<Int8Type>>(),
        )
    };
    let mut paths = ListBuilder::new(StringBuilder::new());
    for path in [&["a", "b"][..], &["c"], &[]] {
        path.iter().for_each(|c| paths.values().append_value(c));
        paths.append(true);
    }
    let batch = batch(vec![
        ("path", Arc::new(paths.finish())),
        ("conversions", Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ("value", Arc::new(Float64Array::from(vec![1.0, 2.0, 3.0]))),
        ("shop", few(&["x", "yy", "x"])),
        (
            "view",
            Arc::new(StringViewArray::from(vec![
                "longer than twelve bytes",
                "x",
                "y",
            ])),
        ),
    ]);
    let options = LogOptions {
        merchant: Some("shop".to_owned()),
        memory_bytes: 1 << 24,
        ..LogOptions::default()
    };
    let path: PathBuf = place.path().join("log");
    let read = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        Log::read(std::slice::from_ref(&path), &options)
    };
    let (mut refused, mut taken) = (0, 0);
    for whole in [
        file(&batch, 2, None),
        file(&batch, 2, Some(CompressionType::ZSTD)),
        file(&batch, 3, Some(CompressionType::LZ4_FRAME)),
        stream(&batch, 2),
    ] {
        assert_eq!(read(&whole).unwrap().rows, 3);
        let is_file = whole.starts_with(b"ARROW1");
        for end in (0..whole.len()).step_by(7) {
            let cut = read(&whole[..end]);
            // A stream may end between two messages.
            assert!(
                cut.is_err() || (!is_file && cut.unwrap().rows < 3),
                "cut at {end}"
            );
        }
        for round in 0..600 {
            let mut bytes = whole.clone();
            for flip in 0..1 + round % 3 {
                let chance = noise(round * 3 + flip);
                let place = (chance >> 8) as usize % bytes.len();
                // Small and large lengths, signs, and any byte.
                bytes[place] = [chance as u8, 0xFF, 0x7F, 0x00][(chance >> 60) as usize % 4];
            }
            match read(&bytes) {
                Ok(_) => taken += 1,
                Err(error) => {
                    assert!(!error.is_io(), "{error:?}");
                    refused += 1;
                }
            }
        }
    }
    assert!(
        refused > 500 && taken > 100,
        "{refused} refused, {taken} taken"
    );
}
