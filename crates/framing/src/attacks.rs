//! Known faults of framers, what stops each here, and the test that shows it.
//!
//! A framer decides how many bytes to wait for on the word of the peer. Whoever believes too early can be made to
//! reserve memory, to wait for ever, or to take a payload for frames.
//!
//! | fault | seen in | stopped by | test |
//! |---|---|---|---|
//! | a length compared with the limit before its header is taken off, or on overflow not at all | tokio#4815, tokio#8469 | checked arithmetic in 64 bits, then the limit | `limits_hold_after_adjustment` |
//! | memory reserved for a declared length: 8 MiB for 4 bytes, 128 MiB for 4 bytes | tokio-util 0.7, unsigned-varint 0.8 | [`FrameBuf`](crate::FrameBuf) grows by what has come | `a_hostile_header_reserves_nothing` |
//! | a header without its payload at the end of the stream taken for a clean end | tokio-util 0.7, unsigned-varint 0.8 | [`Truncated`](crate::ErrorKind::Truncated) | `an_end_is_clean_between_frames_alone` |
//! | after a refused length, its payload read as frames of the attacker's choice | unsigned-varint 0.8 | errors that stay | `an_error_stays` |
//! | a varint split over three reads that becomes another number | netty#17549 | one reading of whole headers | `any_split_gives_the_same` |
//! | a number that has several forms, so that two readers differ | | [`VarintNotMinimal`](crate::ErrorKind::VarintNotMinimal), [`LeadingZero`](crate::ErrorKind::LeadingZero) | `varints_have_one_form`, `ascii_lengths_are_digits` |
//! | digits without end before a terminator | CVE-2022-24903 (rsyslog) | [`TooManyDigits`](crate::ErrorKind::TooManyDigits) | `ascii_lengths_are_digits` |
//! | a text line that begins with a number read as octet counting | rsyslog#111 | [`Syslog`](crate::Syslog) decides once a stream | `a_stream_of_lines_stays_one` |
//! | a line without end | tokio#590, vector#14580 | [`TooLong`](crate::ErrorKind::TooLong), or [`Recovery`](crate::Recovery) in constant memory | `skipping_takes_no_memory` |
//! | a line of exactly the limit refused for its CR | tokio-util 0.7 | line ends are not counted | `line_ends_do_not_count` |
//! | every read searching from the front, or for one delimiter after the other | netty, imap-next#128 | searches that remember where they were; all delimiters in one pass | `bytes_are_looked_at_twice_at_most` |
//! | an encoder that cuts the length to the width of its field | tokio#5080 | [`LengthDoesNotFit`](crate::EncodeError::LengthDoesNotFit) | `lengths_are_never_cut` |
//! | an encoder that writes a line with a line feed in it: two frames for one | tokio-util 0.7 | [`ContainsDelimiter`](crate::EncodeError::ContainsDelimiter) | `payloads_that_would_be_cut_are_refused` |
//! | the byte behind a truncated frame taken for the next frame | rsyslog#3580 | [`Recovery::Truncate`](crate::Recovery::Truncate) passes over the rest | `truncated_frames_are_passed_over` |
