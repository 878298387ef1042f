//! Known faults of file transfers, what stops each here, and the test that shows it.
//!
//! Either side may be malicious, though it knows the code: a code says who may talk, not that they are honest. What a
//! stranger can do is for [`pairing`](crate::pairing) and [`channel`](crate::channel) to stop, and in the first table.
//! What happens on a disk (links in the way, races, overwriting) is the program's part.
//!
//! # Before the sides are paired
//!
//! | fault | seen in | stopped by | test |
//! |---|---|---|---|
//! | a code with known logarithms behind it, found from a recording | CVE-2021-31603 (croc) | SPAKE2 of a crate that others use, bound to TLS | `no_two_pairings_give_the_same_key` |
//! | part of the secret in a public name | CVE-2023-43617 (croc) | [`Code::number`](crate::code::Code::number) alone is public | `codes_of_ones_own` |
//! | names, addresses or sizes said before it is known to whom | CVE-2023-43618 (croc) | a session begins with a [`Paired`](crate::pairing::Paired) | `somebody_in_the_middle_gets_no_further_than_a_wrong_guess` |
//! | guesses without end | | the enterer confirms first, one wrong confirmation burns the code | `a_wrong_code_is_one_guess` |
//! | greetings without end | CVE-2026-70464 (rsync) | 16 KiB of handshake, 1 KiB of message; deadlines are the caller's | `a_handshake_without_end`, `messages_have_a_length` |
//! | records dropped, repeated, swapped, cut off at the end | nc, croc | TLS 1.3, [`Cut`](crate::error::ErrorKind::Cut) without a farewell | `records_twice_never_or_in_another_order`, `a_connection_may_break_at_any_byte`, `an_end_without_a_word_is_a_cut` |
//!
//! # A malicious sender
//!
//! | fault | seen in | stopped by | test |
//! |---|---|---|---|
//! | a path that leads out: `..`, absolute, a drive, backslashes | CVE-2025-27142 (LocalSend), CVE-2019-6111 (scp), junrar | [`EntryPath`](crate::name::EntryPath), one function for all names, that refuses and never repairs | `paths_that_lead_elsewhere`, `nothing_that_is_allowed_leads_out`, fuzz target `transfer_name` |
//! | an empty name, or `.`, that means the destination itself | CVE-2018-20685 (scp) | the same | `paths_that_lead_elsewhere` |
//! | a link, or a link through a link, that leads out | CVE-2024-12087, CVE-2024-12088 (rsync), CVE-2022-42725 (Warpinator) | links lead through directories of the offer alone, judged as a [whole](crate::manifest) before anything is written | `links_stay_within_the_offer` |
//! | two names that a file system takes for one | | [`fold`](crate::name::fold) | `names_that_would_fall_together` |
//! | devices of Windows, with spaces and superscripts | CVE-2023-45284 (Go) | [`Portable`](crate::name::Portable) | `devices` |
//! | names that a terminal obeys, or that read backwards | CVE-2023-43620 (croc), CVE-2019-6109 (scp) | [`Escaped`](crate::name::Escaped), and refused unless both sides are Unix | `every_control_and_every_mark_of_direction`, `what_is_shown_is_one_line_and_tells_names_apart` |
//! | set-id bits | CVE-2026-35385 (OpenSSH) | [`OfferErrorKind::Mode`](crate::manifest::OfferErrorKind::Mode) | `sizes_modes_and_times` |
//! | an offer that shows two files and brings three | CVE-2023-43619 (croc) | an [`Offer`](crate::receiver::Event::Offer) comes whole or not at all; ids are of it alone | `the_end_has_to_fit`, `only_what_was_accepted_comes` |
//! | data without consent, or twice for one consent | CVE-2024-38271 (Quick Share), CVE-2019-6111 (scp) | [`IdNotOpen`](crate::error::ErrorKind::IdNotOpen) | `only_what_was_accepted_comes`, `an_end_comes_behind_everything` |
//! | data past the end, over a number's end, twice, out of order | | [`OutOfPlace`](crate::error::ErrorKind::OutOfPlace) | `data_is_where_it_has_to_be`, `holes_are_where_they_have_to_be` |
//! | a length of the peer's that a buffer is made for | CVE-2024-12084 (rsync) | frames of 64 KiB; data is lent from the caller's own bytes; nothing is reserved for a length | `frames_have_a_length`, `an_announced_length_reserves_nothing` |
//! | names of an offer that take quadratic time | croc | sorting and hashing, keyed at random | `a_million_entries` |
//! | a file of which something never comes, so that it is waited for | | an END needs all groups and values | `an_end_comes_behind_everything`, `what_is_asked_for_again_comes_before_its_end` |
//! | values that never fit, so that it is asked for again for ever | | 64 groups, then [`Corrupt`](crate::error::Code::Corrupt) | `values_that_never_fit_are_an_end` |
//! | more and more files begun | | [`TooMuchOpen`](crate::error::ErrorKind::TooMuchOpen) | `few_large_files_are_open_at_once` |
//! | a file that is given up when it is stored already | | refused behind the last END | `what_has_ended_cannot_fail_any_more` |
//! | frames hidden in the data of an entry that was given up | | its data is passed over to the byte | `what_was_given_up_here_is_swallowed_to_the_byte` |
//! | one version of a file mixed with another | | chaining values of what was *written*, and the hash of the whole | `what_is_kept_is_looked_at_again`, `both_sides_agree_on_what_failed` |
//!
//! # A malicious receiver
//!
//! | fault | seen in | stopped by | test |
//! |---|---|---|---|
//! | asking for what was not offered | CVE-2024-12086 (rsync) | ids, never paths; [`BadWant`](crate::error::ErrorKind::BadWant) | `groups_are_asked_for_again_within_reason` |
//! | sums that cost a sender quadratic time | CVE-2026-70453 (rsync) | values belong to a place; there is no table to search | `claims_are_in_order_and_within_the_file` |
//! | decisions, claims and requests without end | | one decision an entry, one claim a group, a bound on requests | `one_decision_for_each_entry`, `groups_are_asked_for_again_within_reason` |
//! | success told before all was sent | | [`IdNotOpen`](crate::error::ErrorKind::IdNotOpen) | `stored_is_what_was_sent_to_the_end` |
//!
//! # Either
//!
//! | fault | seen in | stopped by | test |
//! |---|---|---|---|
//! | frames in the wrong state, of the wrong side, of the wrong length | CVE-2024-38272 (Quick Share) | one `match` of state and frame; errors that stay | `each_frame_has_its_time` (both), `nothing_panics`, fuzz targets `transfer_receiver` and `transfer_sender` |
//! | another verdict when bytes arrive in other pieces | | nothing is decided before a frame is whole | `any_split_says_the_same` |
//! | a limit of 0 that means no limit | CVE-2026-53794 (rsync) | it means nothing at all | `a_limit_of_nothing_allows_nothing`, `hellos_have_all_fields_and_short_names` |
//! | questions whose answers pile up | | one answer in 100 ms | `answers_do_not_pile_up` |
//! | silence, so that the other side waits for ever | | [`Silent`](crate::error::ErrorKind::Silent) | `a_link_that_carries_nothing_is_noticed_by_both` |
//! | an interruption that passes for an end | nc, LocalSend#3441 | [`Stored`](crate::sender::Event::Stored) is the only success, and a farewell the only end | `both_sides_agree_on_what_failed`, `an_end_without_a_word_is_a_cut` |
