//! The shortest input that still shows something, as far as deleting bytes finds it.

/// Deletes runs of bytes, long ones first, while `holds` holds.
pub fn minimise(input: &[u8], holds: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut input = input.to_vec();
    let mut run = input.len().div_ceil(2);
    while run > 0 {
        let mut at = 0;
        let before = input.len();
        while at + run <= input.len() {
            let shorter = [&input[..at], &input[at + run..]].concat();
            if holds(&shorter) {
                input = shorter;
            } else {
                at += 1;
            }
        }
        // What was needed for a byte that is gone may go too.
        run = match input.len() < before && run == 1 {
            true => 1,
            false => run / 2,
        };
    }
    input
}

#[cfg(test)]
mod tests {
    use super::minimise;

    #[test]
    fn what_is_needed_stays() {
        let holds =
            |input: &[u8]| input.windows(2).any(|pair| pair == b"ab") && input.contains(&b'z');
        assert_eq!(minimise(b"..ab..ab..z...", holds), b"abz");
        assert_eq!(minimise(b"z", |_| true), b"");
    }
}
