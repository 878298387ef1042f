//! Known attacks on HTTP/1.x servers and clients, what stops each here, and the test that shows it.
//!
//! Most are *request smuggling*: two recipients in a row read the same bytes and disagree on
//! where a message ends, so that one of them takes what its peer meant as content for a
//! request of its own. The defence is the same throughout: one reading, the strict one, and
//! a refusal that closes for anything else. A decoder that has refused
//! [stays that way](crate::Decoder::decode), so nothing behind a refused message is ever
//! read as a request.
//!
//! | attack | seen in | stopped by | test |
//! |---|---|---|---|
//! | `Content-Length` beside `Transfer-Encoding`, in either order | RFC 9112 section 11.2 | [`ContentLengthWithTransferEncoding`] | `a_length_beside_a_coding` |
//! | two lengths, equal or not; a list of them; an empty one that hides another | CVE-2023-40225 (HAProxy) | [`DuplicateContentLength`], [`InvalidContentLength`] | `lengths_that_two_would_read_differently` |
//! | signs, underscores, hexadecimal in a length | CVE-2021-32715 (hyper), CVE-2023-47627 (aiohttp) | [`InvalidContentLength`] | `a_length_is_digits` |
//! | a last coding that only looks like `chunked`, spread over two fields or folded lines | CVE-2022-32213, CVE-2022-32215 (llhttp), CVE-2021-21299 (hyper) | [`ChunkedNotFinal`], [`ChunkedTwice`], [`InvalidTransferEncoding`] | `chunked_is_once_and_last` |
//! | a coding in HTTP/1.0, or an unknown one, that makes a request end with the connection | CVE-2026-2835 (Pingora) | [`TransferEncodingInHttp10`], [`UnsupportedTransferCoding`]; [`BodyFraming`](crate::BodyFraming) has no such variant | `no_request_ends_with_the_connection` |
//! | a field hidden by whitespace before its colon | CVE-2021-22959 (llhttp), RUSTSEC-2020-0031 (tiny_http) | [`SpaceBeforeColon`] | `whitespace_hides_no_field` |
//! | folded lines, and a first field that begins with whitespace | CVE-2024-27982 (llhttp) | [`LineFolding`] | `whitespace_hides_no_field` |
//! | a line feed or carriage return alone that ends a line | CVE-2022-32214, CVE-2023-30589, CVE-2025-23167 (llhttp) | [`BareLineFeed`], [`BareCarriageReturn`] | `crlf_alone_ends_a_line` |
//! | a request line without a version, answered as HTTP/0.9 | llhttp | [`MissingVersion`] | `http_09_is_not_spoken` |
//! | a chunk size with a sign, a prefix, whitespace, or no digits at all | CVE-2023-38697 (protocol-http1), CVE-2022-24761 (waitress) | [`InvalidChunkSize`], [`InvalidChunkExtension`] | `a_chunk_size_is_digits` |
//! | a chunk size that wraps past 2^64 | CVE-2021-32714 (hyper) | [`ChunkSizeOverflow`] | `chunk_sizes_have_64_bits` |
//! | a chunk-size line ended by a line feed, or its extension holding one, quoted or not | CVE-2025-22871 (Go), CVE-2025-58056 (Netty), CVE-2025-55315 (ASP.NET), CVE-2026-33870 (Netty), CVE-2026-2332 (Jetty) | [`BareLineFeed`], [`BareCarriageReturn`], [`InvalidChunkExtension`] | `crlf_alone_ends_a_size_line` |
//! | extension bytes that are skipped unread | CVE-2021-22960 (llhttp) | [`InvalidChunkExtension`] | `extensions_are_read_by_their_grammar` |
//! | any two bytes taken for the end of chunk data | CVE-2025-43859 (h11) | [`ChunkNotTerminated`] | `chunk_data_ends_with_crlf` |
//! | a connection that ends inside a chunked body, taken for its end | hyper 2024 | [`IncompleteBody`] | `a_body_cut_short_is_no_body` |
//! | extensions without end, in one line or over many tiny chunks | CVE-2024-22019 (llhttp), CVE-2023-39326 (Go) | [`chunk_line_bytes_max`], [`chunk_extension_bytes_max`] | `chunk_line_bytes`, `chunk_extension_bytes` |
//! | a head without end: long lines, many fields, many empty lines | | [`Limits`](crate::Limits) | `start_line_bytes`, `fields`, `field_section_bytes`, `empty_lines_count_for_the_start_line` |
//! | one byte at a time, each read looking at all before it | hyper, httparse | scans that remember where they were | `bytes_that_trickle_in_are_looked_at_twice_at_most` |
//! | two Hosts, a Host that is no host, userinfo, a path | RFC 9112 section 3.2 | [`DuplicateHost`], [`InvalidHost`], [`MissingHost`] | `a_host_is_one_host` |
//! | bytes behind an Upgrade offer or CONNECT passed on before it is granted | CVE-2026-2833 (Pingora) | [`Turn`](crate::Turn): nothing is read before the answer | `an_upgrade_hands_the_rest_over`, `a_tunnel_opens_with_2xx_alone` |
//! | an upgrade granted while a body is outstanding | CVE-2026-58055 (nghttpx) | [`NoSwitch`](crate::EncodeError::NoSwitch) | `an_upgrade_waits_for_the_body` |
//! | tunnel bytes behind a refused CONNECT read as a request | optimistic upgrade | the connection closes | `a_tunnel_opens_with_2xx_alone` |
//! | CR and LF in a value splits a response | CWE-113 | [`EncodeError`](crate::EncodeError) | `a_field_cannot_split_a_response` |
//! | an answer whose length is not the one declared | | [`BodyTooLong`](crate::EncodeError::BodyTooLong), [`BodyTooShort`](crate::EncodeError::BodyTooShort) | `declared_lengths_are_kept` |
//! | a body of the client's that was expected and did not come, read from the next request | RFC 9110 section 10.1.1 | the connection closes | `a_client_that_waits_and_is_refused_is_closed` |
//!
//! A client is attacked by servers, and by what its own caller was made to put into a
//! request:
//!
//! | attack | seen in | stopped by | test |
//! |---|---|---|---|
//! | a response nobody asked for, kept for the next request | RFC 9112 section 9.2 | [`UnsolicitedResponse`]; the connection closes | `a_second_response_is_not_kept_for_the_next_request`, `before_any_request`, `behind_an_early_response` |
//! | content behind a response that has none, to HEAD or as 204 or 304 | RFC 9112 section 6.3 | it is no content; the connection closes | `behind_responses_without_content`, `content_where_none_may_be_is_the_next_response` |
//! | a response with a length and a coding, which its cache or proxy read by the other | RFC 9112 section 6.3 | the coding holds; the connection closes | `a_coding_beside_a_length` |
//! | a coding that only looks like `chunked`, or is not known as it, read until the close | llhttp | [`ChunkedNotFinal`], [`ChunkedTwice`], [`InvalidTransferEncoding`] | `a_coding_in_a_response_is_read_by_its_name` |
//! | a response that was cut, taken for whole | RFC 9112 section 8 | [`IncompleteBody`]; [`ResponseFraming::UntilClose`](crate::ResponseFraming::UntilClose) says where it cannot be known | `inside_content_it_is_a_fault`, `inside_a_head_it_is_a_fault` |
//! | content without end | | [`body_bytes_max`](crate::Limits::body_bytes_max) | `content_until_the_close_has_a_limit`, `summed_content_bytes` |
//! | interim responses without end | | [`TooManyInterim`] | `a_flood_of_interim_responses_is_cut_off` |
//! | thousands of folds in one value, each read looking at all before it | | scans that remember where they were | `responses_that_trickle_in_are_looked_at_twice_at_most` |
//! | a length or a coding hidden by a fold from who does not unfold | CVE-2022-32215 (llhttp) | [`LineFolding`], under every [`Leniency`](crate::Leniency) | `fields_with_a_meaning_are_not_folded` |
//! | a line feed alone in a chunked body, let in with lenient heads | CVE-2025-22871 (Go) | no leniency is for chunked bodies | `chunked_bodies_are_read_strictly` |
//! | a switch to a protocol that was not offered | RFC 9110 section 7.8 | [`UnexpectedSwitch`] | `no_switch_without_an_offer`, `one_of_those_offered` |
//! | a switch or a tunnel that the client takes for granted, its bytes read as requests | optimistic upgrade | [`MustWait`](crate::EncodeError::MustWait) | `what_may_be_followed`, `a_tunnel_opens_with_2xx_alone` |
//! | a final response instead of 100, after which the next request is read as content | CVE-2024-24791 (Go) | the content comes first, or the connection closes | `any_final_status_ends_the_wait`, `content_that_is_given_up_closes` |
//! | CR and LF in a method, target, Host or field splits a request | CVE-2019-9740 (Python) | [`EncodeError`](crate::EncodeError) | `methods_are_tokens`, `targets_are_of_the_form_that_fits`, `hosts_are_hosts`, `fields_cannot_split_a_request` |
//!
//! [`UnsolicitedResponse`]: crate::ErrorKind::UnsolicitedResponse
//! [`UnexpectedSwitch`]: crate::ErrorKind::UnexpectedSwitch
//! [`TooManyInterim`]: crate::ErrorKind::TooManyInterim
//! [`ContentLengthWithTransferEncoding`]: crate::ErrorKind::ContentLengthWithTransferEncoding
//! [`DuplicateContentLength`]: crate::ErrorKind::DuplicateContentLength
//! [`InvalidContentLength`]: crate::ErrorKind::InvalidContentLength
//! [`ChunkedNotFinal`]: crate::ErrorKind::ChunkedNotFinal
//! [`ChunkedTwice`]: crate::ErrorKind::ChunkedTwice
//! [`InvalidTransferEncoding`]: crate::ErrorKind::InvalidTransferEncoding
//! [`TransferEncodingInHttp10`]: crate::ErrorKind::TransferEncodingInHttp10
//! [`UnsupportedTransferCoding`]: crate::ErrorKind::UnsupportedTransferCoding
//! [`SpaceBeforeColon`]: crate::ErrorKind::SpaceBeforeColon
//! [`LineFolding`]: crate::ErrorKind::LineFolding
//! [`BareLineFeed`]: crate::ErrorKind::BareLineFeed
//! [`BareCarriageReturn`]: crate::ErrorKind::BareCarriageReturn
//! [`MissingVersion`]: crate::ErrorKind::MissingVersion
//! [`InvalidChunkSize`]: crate::ErrorKind::InvalidChunkSize
//! [`InvalidChunkExtension`]: crate::ErrorKind::InvalidChunkExtension
//! [`ChunkSizeOverflow`]: crate::ErrorKind::ChunkSizeOverflow
//! [`ChunkNotTerminated`]: crate::ErrorKind::ChunkNotTerminated
//! [`IncompleteBody`]: crate::ErrorKind::IncompleteBody
//! [`DuplicateHost`]: crate::ErrorKind::DuplicateHost
//! [`InvalidHost`]: crate::ErrorKind::InvalidHost
//! [`MissingHost`]: crate::ErrorKind::MissingHost
//! [`chunk_line_bytes_max`]: crate::Limits::chunk_line_bytes_max
//! [`chunk_extension_bytes_max`]: crate::Limits::chunk_extension_bytes_max
