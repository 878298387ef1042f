use super::*;

#[track_caller]
fn check(typed: &str, expected: &str) {
    for read in [Code::parse, Code::custom] {
        let code = read(typed).unwrap();
        assert_eq!(code.to_string(), expected, "{typed}");
        assert_eq!(code.number(), Some(7));
    }
}

#[track_caller]
fn check_refused(typed: &str, expected: &str) {
    assert_eq!(Code::parse(typed).unwrap_err().to_string(), expected);
}

#[track_caller]
fn check_custom_refused(typed: &str, expected: &str) {
    assert_eq!(Code::custom(typed).unwrap_err().to_string(), expected);
}

#[test]
fn codes_are_read_as_people_type_them() {
    for typed in [
        "7-tiger-bamboo",
        "7 tiger bamboo",
        "  7  Tiger   BAMBOO \r\n",
        "7_tiger_bamboo",
        "7, tiger, bamboo.",
        "7\u{2013}tiger\u{2011}bamboo",
        "007-tige-bamb",
        "7\ttigeR\nbambo",
        "7-TIGER--bamboo-",
    ] {
        check(typed, "7-tiger-bamboo");
    }
}

#[test]
fn what_is_wrong_with_a_code_is_said() {
    check_refused(
        "",
        "a code is a number and two words, as in 7-tiger-bamboo; this has 0 parts",
    );
    check_refused(
        "7-tiger",
        "a code is a number and two words, as in 7-tiger-bamboo; this has 2 parts",
    );
    check_refused(
        "7-tiger-bamboo-zoo",
        "a code is a number and two words, as in 7-tiger-bamboo; this has 4 parts",
    );
    for number in ["0", "1000", "99999999999999999999"] {
        check_refused(
            &format!("{number}-tiger-bamboo"),
            &format!(
                "'{number}' is no number from 1 to 999; a code begins with one, as in 7-tiger-bamboo"
            ),
        );
    }
    check_refused(
        "+7-tigre-bamboo",
        "no code has the word 'tigre'; did you mean 'tiger'?",
    );
    check_refused(
        "7-tiger-bambu",
        "no code has the word 'bambu'; did you mean 'bamboo'?",
    );
    check_refused("7-tiger-xyzzyxyzzy", "no code has the word 'xyzzyxyzzy'");
    check_refused(
        "7-tig-bamboo",
        "no code has the word 'tig'; did you mean 'tiger'?",
    );
    check_refused("7-tiger-\u{1b}[2Jx", "no code has the word '\\u{1b}[2jx'");
}

#[test]
fn a_misspelt_code_is_none_of_ones_own() {
    check_custom_refused(
        "7 tiger bambo0",
        "no code has the word 'bambo0'; did you mean 'bamboo'?",
    );
    check_custom_refused(
        "7-tigre-bamboo",
        "no code has the word 'tigre'; did you mean 'tiger'?",
    );
}

#[test]
fn codes_of_ones_own() {
    for (typed, expected) in [
        (
            "correct horse battery staple",
            "correct horse battery staple",
        ),
        ("  Grüne Wiese 12\n", "Grüne Wiese 12"),
        ("gru\u{308}ne wiese", "grüne wiese"),
        ("7-tiger-bamboo-zoo", "7-tiger-bamboo-zoo"),
        ("12345678", "12345678"),
    ] {
        let code = Code::custom(typed).unwrap();
        assert_eq!((code.to_string().as_str(), code.number()), (expected, None));
    }
    check_custom_refused(
        "  short  ",
        "code of 5 characters; one of your own needs 8, others look like 7-tiger-bamboo",
    );
    check_custom_refused(
        "",
        "code of 0 characters; one of your own needs 8, others look like 7-tiger-bamboo",
    );
    check_custom_refused(&"ab".repeat(65), "code of 130 characters; it may have 128");
    check_custom_refused(
        "abcabcabcabc",
        "code of fewer than 4 different characters is too easily guessed",
    );
    check_custom_refused("tab\tin the middle", "code with a control character");
}

#[test]
fn new_codes_are_read_back() {
    let codes: Vec<Code> = (0..200).map(|_| Code::generate().unwrap()).collect();
    for code in &codes {
        let again = Code::parse(&code.to_string()).unwrap();
        assert_eq!(again.secret(), code.secret());
        assert!((1..=NUMBER_MAX).contains(&code.number().unwrap()));
    }
    let mut texts: Vec<String> = codes.iter().map(ToString::to_string).collect();
    texts.sort_unstable();
    texts.dedup();
    // Two equal ones among 200 of 2^32 come once in 200,000 runs.
    assert_eq!(texts.len(), codes.len());
}

#[test]
fn every_number_comes_up() {
    let mut seen = [0; NUMBER_MAX as usize + 1];
    for _ in 0..40_000 {
        seen[usize::from(number().unwrap())] += 1;
    }
    assert_eq!(seen[0], 0);
    assert!(seen[1..].iter().all(|&times| (1..120).contains(&times)));
}

#[test]
fn a_code_does_not_show() {
    let code = Code::parse("7-tiger-bamboo").unwrap();
    assert_eq!(format!("{code:?}"), "Code(..)");
}

proptest::proptest! {
    #[test]
    fn anything_may_be_typed(typed in ".{0,200}") {
        let _ = Code::parse(&typed);
        let _ = Code::custom(&typed);
    }
}
