//! Law: what a receiver accepts a sender may offer, and it has one encoding, in parts of any size.
#![no_main]

use barewire_fuzz::Choices;
use barewire_transfer::limits::Limits;
use barewire_transfer::manifest::{Manifest, ManifestReader, OfferError};
use barewire_transfer::name::{Encoding, NameRules, Portable};
use barewire_transfer::tree::root_of_small;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices { rest: input };
    let (ways, part_bytes_max) = (choices.byte(), choices.below(100));
    let bytes = choices.rest;
    let encoding = match ways & 1 {
        0 => Encoding::Bytes,
        _ => Encoding::Utf8,
    };
    let portable = match ways & 2 {
        0 => Portable::No,
        _ => Portable::Yes,
    };
    let limits = match ways & 4 {
        0 => Limits::default(),
        _ => Limits {
            entries_max: 3,
            manifest_bytes_max: 200,
            depth_max: 2,
            component_bytes_max: 5,
            path_bytes_max: 9,
            text_bytes_max: 0,
            file_bytes_max: 1 << 20,
        },
    };
    let rules = NameRules::new(encoding, portable, &limits);
    let mut reader = ManifestReader::new(rules, limits);
    let part = reader.part(bytes);
    let count = reader.count();
    assert!(count <= limits.entries_max && count as usize <= bytes.len() / 5);
    let digest = *root_of_small(bytes).as_bytes();
    if let Err(error) = part {
        assert_eq!(reader.part(b""), Err(error.clone()));
        assert_eq!(reader.finish(0, digest), Err(error));
        return;
    }
    let Ok(manifest) = reader.finish(count, digest) else {
        return;
    };
    holds(&manifest, bytes, &limits);
    let entries = manifest.entries().to_vec();
    let offered = Manifest::new(entries, &rules, &limits);
    assert_eq!(offered.as_ref(), Ok(&manifest));
    assert_eq!(manifest.check(&rules, &limits), Ok(()));

    let parts: Vec<Vec<u8>> = manifest.encode_parts(part_bytes_max).collect();
    assert_eq!(parts.concat(), bytes);
    assert_eq!(
        read(&parts, rules, limits, &manifest).as_ref(),
        Ok(&manifest)
    );
});

fn read(
    parts: &[Vec<u8>],
    rules: NameRules,
    limits: Limits,
    manifest: &Manifest,
) -> Result<Manifest, OfferError> {
    let mut reader = ManifestReader::new(rules, limits);
    for part in parts {
        reader.part(part)?;
    }
    reader.finish(manifest.count(), manifest.digest())
}

fn holds(manifest: &Manifest, bytes: &[u8], limits: &Limits) {
    assert_eq!(manifest.encoded_bytes(), bytes.len() as u64);
    assert!(bytes.len() as u64 <= u64::from(limits.manifest_bytes_max));
    assert!(manifest.data_bytes() <= manifest.bytes());
    let mut paths: Vec<&[u8]> = Vec::new();
    for entry in manifest.entries() {
        assert!(entry.mode.is_none_or(|mode| mode <= 0o777));
        assert!(
            entry
                .modified
                .is_none_or(|time| time.nanoseconds < 1_000_000_000)
        );
        let parent = entry.path.parent();
        assert!(parent.is_none_or(|parent| paths.contains(&parent)));
        assert!(!paths.contains(&entry.path.as_bytes()));
        paths.push(entry.path.as_bytes());
    }
}
