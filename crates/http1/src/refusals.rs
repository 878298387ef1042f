//! What is refused, and why: every [`ErrorKind`](crate::ErrorKind) and what it would cost to
//! be kind.
//!
//! A recipient that makes sense of a broken message guesses, and the next recipient guesses
//! otherwise. Where the guess decides on the end of a message, or on whom it is for, the
//! difference is a hole; [`attacks`](crate::attacks) has those that were used. So the rule is
//! one reading, and where a peer's software is known to be sloppy without danger a client may
//! be told to overlook it, by name ([`Leniency`](crate::Leniency)).
//!
//! # Lines
//!
//! | refused | why |
//! |---|---|
//! | [`BareLineFeed`], [`BareCarriageReturn`] | some end a line at either, some at neither: a field that one sees and another does not. RFC 9112 lets a recipient take LF alone in a head; a client may ([`bare_line_feed`]). In chunk lines nobody may |
//! | [`LineFolding`] | unfolded by one, dropped by another, the end of the section to a third. In responses a client may take it ([`line_folding`]), but not in fields that frame or steer |
//! | [`SpaceBeforeColon`] | `Content-Length : 5` is a length to one and an unknown field to another; a client may take it ([`space_before_colon`]) |
//! | [`EmptyFieldName`], [`InvalidFieldName`], [`MissingColon`] | no field, so what is it? A request line smuggled into a head, mostly |
//! | [`InvalidFieldValue`], [`InvalidReason`] | a control byte ends a string in one language, a line in another, a terminal's patience in a third |
//!
//! # First lines
//!
//! | refused | why |
//! |---|---|
//! | [`InvalidMethod`] | TLS, SSH or garbage on the port; known at the first byte, so it is not waited for its line to end |
//! | [`MissingTarget`], [`MissingVersion`], [`InvalidVersion`] | HTTP/0.9 and split request lines: a recipient that falls back to an older grammar can be made to |
//! | [`UnsupportedVersion`] | HTTP/2.0, HTTP/0.9 and others that are written like HTTP/1.1 and mean another syntax. (The preface of HTTP/2 itself is refused sooner, by its target) |
//! | [`InvalidTargetByte`] | a `#` or a control: caches and routers cut the target there, or do not |
//! | [`InvalidTargetForm`], [`InvalidAuthority`] | an authority where a path belongs routes a request elsewhere than its `Host` does |
//! | [`MissingHost`], [`DuplicateHost`], [`InvalidHost`] | whose request it is, if two recipients have to agree: one takes the first, one the last |
//! | [`MissingStatusCode`], [`InvalidStatusCode`] | no status, no meaning; 600 and above are no class |
//! | [`MissingReasonSpace`] | the grammar asks for it even without a reason; known of some servers, a client may overlook it ([`missing_reason`]) |
//!
//! # Framing
//!
//! | refused | why |
//! |---|---|
//! | [`InvalidContentLength`] | `+5`, `5,5`, `0x5` and nothing at all are numbers to some parsers, of different size |
//! | [`DuplicateContentLength`] | the first, the last, or both: three ends. Equal ones hide a recipient that only looks at one; a client may take them ([`equal_lengths`]) |
//! | [`ContentLengthWithTransferEncoding`] | the way most smuggling began. In a response the coding counts, as RFC 9112 has it, and the connection ends with it |
//! | [`TransferEncodingInHttp10`] | an HTTP/1.0 recipient on the way did not know the field and passed the chunks on as content |
//! | [`InvalidTransferEncoding`], [`ChunkedNotFinal`], [`ChunkedTwice`] | what only looks like `chunked` frames for one and not for the other |
//! | [`UnsupportedTransferCoding`] | the content would be handed over still coded, under a head that says it is not |
//! | [`InvalidChunkSize`], [`ChunkSizeOverflow`] | signs, prefixes, blanks, 2^64 and more: read differently, or wrapped around |
//! | [`InvalidChunkExtension`] | a quote that does not end, a line feed inside: where the line ends then is a matter of taste |
//! | [`ChunkNotTerminated`] | who skips two bytes without a look skips part of the next size |
//! | [`IncompleteHead`], [`IncompleteBody`] | a cut is no end: half a file under its whole name, half a command obeyed |
//!
//! # Order of messages
//!
//! | refused | why |
//! |---|---|
//! | [`UnsolicitedResponse`] | bytes in front of their request would answer whatever is asked next, for whoever asks it |
//! | [`UnexpectedSwitch`] | a protocol nobody offered is nobody's to speak |
//!
//! # Amounts
//!
//! | refused | why |
//! |---|---|
//! | [`StartLineTooLong`], [`MethodTooLong`], [`FieldSectionTooLarge`], [`TooManyFields`] | a head has to be in memory as a whole |
//! | [`BodyTooLarge`] | content is never held here, but it is somewhere |
//! | [`ChunkLineTooLong`], [`ChunkExtensionsTooLarge`] | bytes that carry nothing and cost time |
//! | [`TrailerSectionTooLarge`], [`TooManyTrailers`] | as of heads |
//! | [`TooManyInterim`] | a response that never comes |
//!
//! [`BareLineFeed`]: crate::ErrorKind::BareLineFeed
//! [`BareCarriageReturn`]: crate::ErrorKind::BareCarriageReturn
//! [`LineFolding`]: crate::ErrorKind::LineFolding
//! [`SpaceBeforeColon`]: crate::ErrorKind::SpaceBeforeColon
//! [`EmptyFieldName`]: crate::ErrorKind::EmptyFieldName
//! [`InvalidFieldName`]: crate::ErrorKind::InvalidFieldName
//! [`MissingColon`]: crate::ErrorKind::MissingColon
//! [`InvalidFieldValue`]: crate::ErrorKind::InvalidFieldValue
//! [`InvalidReason`]: crate::ErrorKind::InvalidReason
//! [`InvalidMethod`]: crate::ErrorKind::InvalidMethod
//! [`MissingTarget`]: crate::ErrorKind::MissingTarget
//! [`MissingVersion`]: crate::ErrorKind::MissingVersion
//! [`InvalidVersion`]: crate::ErrorKind::InvalidVersion
//! [`UnsupportedVersion`]: crate::ErrorKind::UnsupportedVersion
//! [`InvalidTargetByte`]: crate::ErrorKind::InvalidTargetByte
//! [`InvalidTargetForm`]: crate::ErrorKind::InvalidTargetForm
//! [`InvalidAuthority`]: crate::ErrorKind::InvalidAuthority
//! [`MissingHost`]: crate::ErrorKind::MissingHost
//! [`DuplicateHost`]: crate::ErrorKind::DuplicateHost
//! [`InvalidHost`]: crate::ErrorKind::InvalidHost
//! [`MissingStatusCode`]: crate::ErrorKind::MissingStatusCode
//! [`InvalidStatusCode`]: crate::ErrorKind::InvalidStatusCode
//! [`MissingReasonSpace`]: crate::ErrorKind::MissingReasonSpace
//! [`InvalidContentLength`]: crate::ErrorKind::InvalidContentLength
//! [`DuplicateContentLength`]: crate::ErrorKind::DuplicateContentLength
//! [`ContentLengthWithTransferEncoding`]: crate::ErrorKind::ContentLengthWithTransferEncoding
//! [`TransferEncodingInHttp10`]: crate::ErrorKind::TransferEncodingInHttp10
//! [`InvalidTransferEncoding`]: crate::ErrorKind::InvalidTransferEncoding
//! [`ChunkedNotFinal`]: crate::ErrorKind::ChunkedNotFinal
//! [`ChunkedTwice`]: crate::ErrorKind::ChunkedTwice
//! [`UnsupportedTransferCoding`]: crate::ErrorKind::UnsupportedTransferCoding
//! [`InvalidChunkSize`]: crate::ErrorKind::InvalidChunkSize
//! [`ChunkSizeOverflow`]: crate::ErrorKind::ChunkSizeOverflow
//! [`InvalidChunkExtension`]: crate::ErrorKind::InvalidChunkExtension
//! [`ChunkNotTerminated`]: crate::ErrorKind::ChunkNotTerminated
//! [`IncompleteHead`]: crate::ErrorKind::IncompleteHead
//! [`IncompleteBody`]: crate::ErrorKind::IncompleteBody
//! [`UnsolicitedResponse`]: crate::ErrorKind::UnsolicitedResponse
//! [`UnexpectedSwitch`]: crate::ErrorKind::UnexpectedSwitch
//! [`StartLineTooLong`]: crate::ErrorKind::StartLineTooLong
//! [`MethodTooLong`]: crate::ErrorKind::MethodTooLong
//! [`FieldSectionTooLarge`]: crate::ErrorKind::FieldSectionTooLarge
//! [`TooManyFields`]: crate::ErrorKind::TooManyFields
//! [`BodyTooLarge`]: crate::ErrorKind::BodyTooLarge
//! [`ChunkLineTooLong`]: crate::ErrorKind::ChunkLineTooLong
//! [`ChunkExtensionsTooLarge`]: crate::ErrorKind::ChunkExtensionsTooLarge
//! [`TrailerSectionTooLarge`]: crate::ErrorKind::TrailerSectionTooLarge
//! [`TooManyTrailers`]: crate::ErrorKind::TooManyTrailers
//! [`TooManyInterim`]: crate::ErrorKind::TooManyInterim
//! [`bare_line_feed`]: crate::Leniency::bare_line_feed
//! [`line_folding`]: crate::Leniency::line_folding
//! [`space_before_colon`]: crate::Leniency::space_before_colon
//! [`missing_reason`]: crate::Leniency::missing_reason
//! [`equal_lengths`]: crate::Leniency::equal_lengths
