//! Known faults of discovery and of protocols over UDP, what stops each here, and the test that shows it.
//!
//! Anybody on the link may send anything, most of them from any address of it. Tests are in `tests/amplification.rs`,
//! `tests/simulation` and `tests/properties.rs`, or beside the code. What a socket has to do for this (report the
//! interface, stay on the link) is `barewire-lan`'s part.
//!
//! # To have others flooded
//!
//! | fault | seen in | stopped by | test |
//! |---|---|---|---|
//! | a short question with a long answer | SSDP (30 times), WS-Discovery (153 times), memcached | a question has [`DATAGRAM_BYTES_MAX`](crate::DATAGRAM_BYTES_MAX), no answer has more | `a_question_is_as_long_as_the_longest_answer`, `a_mixture_at_random_times` |
//! | questions in somebody's name, again and again | all of those | three answers for a source, then one a second; 256 sources ([`Limits`](crate::Limits)) | `ten_thousand_questions_from_one_source`, `ten_thousand_sources` |
//! | answers to somebody far away | CVE-2017-6519 (avahi answers unicast from anywhere) | [`OffLink`](crate::Dropped::OffLink) | `sources_that_are_forged`, `sources_have_to_be_on_the_link` |
//! | an answer to a group or broadcast address, which many answer | smurf | [`BadSource`](crate::Dropped::BadSource), network addresses included | `sources_have_to_be_machines` |
//! | a question from the port of echo or chargen, or of another node, so that two answer each other for ever | CVE-1999-0103 (echo and chargen), CVE-2009-3563 (ntpd), CVE-2024-2169 (loops of TFTP, DNS, NTP) | ports below 1024 are refused, and nothing but a question is answered | `sources_that_are_forged`, `answers_are_not_answered`, `two_that_are_set_on_each_other` |
//! | one question to everyone, in the name of one who gets a thousand answers | mDNS, SSDP | spread over a second by the size of the crowd, and bounded by each node's bucket; not prevented | `a_thousand_are_found_and_stay` |
//! | everybody who wakes, or is switched on, speaks at once, or catches up | | jitter, and time that was slept through counts once | `a_thousand_are_switched_on_at_once`, `the_announcer_sleeps_for_an_hour`, `the_clock_jumps_again_and_again` |
//! | the more machines, the more traffic | LocalSend, SSDP | the pause grows with the crowd: 50 announcements a second up to 3,000 | `three_thousand_announce_fifty_times_a_second_at_most` |
//!
//! # To exhaust a node
//!
//! | fault | seen in | stopped by | test |
//! |---|---|---|---|
//! | lengths that lead past the end, or back | CVE-2015-7987 (mDNSResponder), CVE-2020-11901 (Treck DNS) | one pass, each length checked; no pointers | `every_cut_and_every_extra_byte_is_noticed`, `random_bytes_are_refused`, fuzz target `beacon_datagram` |
//! | entries without end, in all or from one machine | | [`sightings_max`](crate::Limits::sightings_max), [`sightings_per_source_max`](crate::Limits::sightings_per_source_max) | `a_table_that_is_filled`, `the_table_is_bounded_in_all_and_by_source` |
//! | a small datagram that takes much memory | | attributes are kept as they came | `a_table_that_is_filled` |
//! | a source for each question, so that accounts of sources pile up | | 256 at a time; those that could have their whole burst again make room | `sources_are_bounded`, `ten_thousand_sources` |
//! | junk faster than it can be read | | about a microsecond each; nothing is kept of it | `half_a_million_of_junk` |
//! | events or datagrams that nobody takes | | both queues have an end | `a_node_keeps_its_laws` |
//! | an interval of 0, so that it is due for ever | | 0 is refused in datagrams, and is 1 ms in limits | `fields_have_their_rules`, `a_node_keeps_its_laws` |
//!
//! # To lie
//!
//! | fault | seen in | stopped by | test |
//! |---|---|---|---|
//! | another's name, so that people connect to somebody else | mDNS, croc, LocalSend | a sighting each, told apart by instance and address; nothing of it is verified: whoever connects has to find out | `the_same_name_is_another_sighting` |
//! | another's instance, to change or end its entry | | what one address says changes nothing of another | `the_same_instance_from_another_address_changes_nothing` |
//! | a goodbye in another's name, from another's address | | not prevented; its next announcement brings it back | `a_goodbye_in_the_name_of_an_address` |
//! | the highest sequence from another's address, so that its own count as old | | not prevented; expires after 360 s at most | `an_interval_is_believed_up_to_a_limit` |
//! | old datagrams sent once more | | sequences, and 5 s behind a goodbye; later a recorded one brings somebody back for three intervals | `newest_wins_and_nothing_flaps`, `a_goodbye_overtakes` |
//! | an interval that never ends | | 120 s are believed | `an_interval_is_believed_up_to_a_limit` |
//! | a time of day, to have everything expire or nothing | | no datagram has one, and the clock is one that nobody sets | `the_searcher_sleeps_for_an_hour` |
//! | names that a terminal obeys | CVE-2023-43620 (croc) | no control characters in names; values are any text: whoever shows them escapes them | `names_have_their_rules` |
//! | a full table, so that nobody new is found | | not prevented from 64 addresses and more; who was there stays, and room comes with the first that is silent | `a_table_that_is_filled` |
