//! From and to the types of the `http` crate.
//!
//! A parsed head becomes an `http::Request<()>` or `http::Response<()>` whose fields are
//! copied. The other way, the fields that frame a message or steer its connection become what
//! they mean here: methods of the head, and the [`ContentLength`] that `encode_head` takes.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use alloc::vec::Vec;

use crate::fields::{Fields, members, unfold};
use crate::{
    ContentLength, EncodeError, Method, RequestHead, RequestHeadBuf, ResponseHead, ResponseHeadBuf,
    StatusCode, TargetForm, Trailers, Version,
};

impl From<Version> for http::Version {
    fn from(version: Version) -> Self {
        match version {
            Version::Http10 => Self::HTTP_10,
            Version::Http11 => Self::HTTP_11,
        }
    }
}

impl From<StatusCode> for http::StatusCode {
    fn from(status: StatusCode) -> Self {
        // Three digits are all that the other type asks for.
        Self::from_u16(status.as_u16()).unwrap_or_default()
    }
}

impl TryFrom<http::StatusCode> for StatusCode {
    type Error = EncodeError;

    /// [`EncodeError::WrongStatusClass`] for 600 and above, which is no class.
    fn try_from(status: http::StatusCode) -> Result<Self, EncodeError> {
        Self::new(status.as_u16()).ok_or(EncodeError::WrongStatusClass)
    }
}

impl<'a> From<&'a http::Method> for Method<'a> {
    fn from(method: &'a http::Method) -> Self {
        Method::from_token(method.as_str().as_bytes())
    }
}

impl TryFrom<Method<'_>> for http::Method {
    type Error = http::Error;

    fn try_from(method: Method<'_>) -> Result<Self, http::Error> {
        Ok(Self::from_bytes(method.as_bytes())?)
    }
}

impl TryFrom<Fields<'_>> for HeaderMap {
    type Error = http::Error;

    /// Every line, in the order of each name's lines. Folds become spaces.
    fn try_from(fields: Fields<'_>) -> Result<Self, http::Error> {
        let mut map = Self::try_with_capacity(fields.len()).map_err(http::Error::from)?;
        for (name, value) in fields.iter() {
            let name = HeaderName::from_bytes(name)?;
            let value = HeaderValue::from_bytes(&unfold(value))?;
            map.try_append(name, value).map_err(http::Error::from)?;
        }
        Ok(map)
    }
}

impl TryFrom<&RequestHead<'_>> for http::Request<()> {
    type Error = http::Error;

    /// The target as it came: a relative URI unless it was in absolute form, whose authority
    /// takes the place of `Host` then (RFC 9112 section 3.2.2). Targets that browsers send and
    /// RFC 3986 does not know may be refused by `http::Uri`.
    fn try_from(head: &RequestHead<'_>) -> Result<Self, http::Error> {
        let mut request = Self::new(());
        *request.method_mut() = head.method().try_into()?;
        *request.uri_mut() = http::Uri::try_from(head.target())?;
        *request.version_mut() = head.version().into();
        *request.headers_mut() = head.fields().try_into()?;
        if let (TargetForm::Absolute, Some(host)) = (head.target_form(), head.host()) {
            let host = HeaderValue::from_bytes(host)?;
            request.headers_mut().insert(header::HOST, host);
        }
        Ok(request)
    }
}

impl TryFrom<&ResponseHead<'_>> for http::Response<()> {
    type Error = http::Error;

    /// The reason phrase is left out; the other type has no place for it.
    fn try_from(head: &ResponseHead<'_>) -> Result<Self, http::Error> {
        let mut response = Self::new(());
        *response.status_mut() = head.status().into();
        *response.version_mut() = head.version().into();
        *response.headers_mut() = head.fields().try_into()?;
        Ok(response)
    }
}

impl RequestHeadBuf {
    /// A head to be sent, and how long its fields say the content is. `None` where they say
    /// nothing: then it is `Known(0)` for no content, the length of what there is, or `Unknown`
    /// to send chunks.
    ///
    /// The target is in origin form, and `Host` the authority of the URI; where it has none,
    /// the field `host`. (For a proxy, use [`absolute`](Self::absolute).) `Connection: close`,
    /// `Upgrade`, `Expect: 100-continue` and the `trailers` of `TE` become what has a method here;
    /// codings in `TE` are left out, as none is known here. Other fields that `Connection` names concern one connection and are left out
    /// (<https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1>), and so is a fragment.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new) and [`field`](Self::field): [`EncodeError::InvalidHost`] where neither
    /// the URI nor one `host` names it, or with userinfo; [`EncodeError::ManagedField`] for an
    /// expectation of something else. And [`EncodeError::ConflictingFraming`] for a length beside a coding, two lengths, a length
    /// that is no number or a coding that is not `chunked`.
    pub fn from_http<B>(
        request: &http::Request<B>,
    ) -> Result<(Self, Option<ContentLength>), EncodeError> {
        let method = Method::from(request.method());
        let uri = request.uri();
        let authority = uri.authority().map(http::uri::Authority::as_str);
        let mut hosts = request.headers().get_all(header::HOST).iter();
        let host = match (authority, hosts.next()) {
            (Some(authority), _) => authority,
            (None, Some(host)) => host.to_str().map_err(|_| EncodeError::InvalidHost)?,
            (None, None) => return Err(EncodeError::InvalidHost),
        };
        if hosts.next().is_some() {
            return Err(EncodeError::InvalidHost);
        }
        let mut head = match (method, uri.path_and_query()) {
            (Method::Connect, _) => Self::connect(host)?,
            (_, Some(target)) if !target.as_str().is_empty() => {
                Self::new(method, host, target.as_str())?
            }
            _ => Self::new(method, host, "/")?,
        };
        let steering = Steering::of(request.headers())?;
        if steering.closes {
            head.close();
        }
        if !steering.upgrade.is_empty() {
            head.offer_upgrade(&steering.upgrade)?;
        }
        for (name, value) in request.headers() {
            if name == header::HOST || steering.concerns(name) {
                continue;
            }
            if name == header::EXPECT && value.as_bytes().eq_ignore_ascii_case(b"100-continue") {
                head.expect_continue();
            } else if name == header::TE {
                if members(value.as_bytes()).any(|te| te.eq_ignore_ascii_case(b"trailers")) {
                    head.accept_trailers();
                }
            } else {
                head.field(name.as_str(), value.as_bytes())?;
            }
        }
        Ok((head, steering.length))
    }
}

impl ResponseHeadBuf {
    /// A head to be sent, and how long its fields say the content is; `None` where they say
    /// nothing, as [`RequestHeadBuf::from_http`] has it.
    ///
    /// `Connection: close` and `Upgrade` become what has a method here. Other fields that
    /// `Connection` names are left out.
    ///
    /// # Errors
    ///
    /// As [`field`](Self::field); [`EncodeError::WrongStatusClass`] for a status above 599;
    /// [`EncodeError::ConflictingFraming`] as [`RequestHeadBuf::from_http`].
    pub fn from_http<B>(
        response: &http::Response<B>,
    ) -> Result<(Self, Option<ContentLength>), EncodeError> {
        let mut head = Self::new(response.status().try_into()?);
        let steering = Steering::of(response.headers())?;
        if steering.closes {
            head.close();
        }
        if !steering.upgrade.is_empty() {
            head.offer_upgrade(&steering.upgrade)?;
        }
        for (name, value) in response.headers() {
            if !steering.concerns(name) {
                head.field(name.as_str(), value.as_bytes())?;
            }
        }
        Ok((head, steering.length))
    }
}

impl Trailers {
    /// The trailer fields of a map.
    ///
    /// # Errors
    ///
    /// As [`field`](Self::field).
    pub fn from_http(map: &HeaderMap) -> Result<Self, EncodeError> {
        let mut trailers = Self::new();
        for (name, value) in map {
            trailers.field(name.as_str(), value.as_bytes())?;
        }
        Ok(trailers)
    }
}

/// What the fields of a map say of framing and of the connection.
struct Steering {
    closes: bool,
    /// As in `Upgrade`; empty for no offer.
    upgrade: alloc::string::String,
    length: Option<ContentLength>,
    /// The names in `Connection`.
    options: Vec<HeaderName>,
}

impl Steering {
    fn of(map: &HeaderMap) -> Result<Self, EncodeError> {
        let list = |name: HeaderName| {
            let lines = map.get_all(name).iter();
            lines.flat_map(|line| members(line.as_bytes()))
        };
        let upgrade: Vec<&[u8]> = list(header::UPGRADE).collect();
        let upgrade = core::str::from_utf8(&upgrade.join(&b", "[..]))
            .map_err(|_| EncodeError::InvalidFieldValue)?
            .into();
        let options = list(header::CONNECTION);
        Ok(Self {
            closes: list(header::CONNECTION).any(|option| option.eq_ignore_ascii_case(b"close")),
            upgrade,
            length: length(map)?,
            options: options
                .filter_map(|option| HeaderName::from_bytes(option).ok())
                .collect(),
        })
    }

    /// Whether a field concerns one connection, or is written by it.
    fn concerns(&self, name: &HeaderName) -> bool {
        const OWN: [HeaderName; 4] = [
            header::CONNECTION,
            header::CONTENT_LENGTH,
            header::TRANSFER_ENCODING,
            header::UPGRADE,
        ];
        // TE has to be named in Connection, and means something all the same.
        OWN.contains(name) || (name != header::TE && self.options.contains(name))
    }
}

/// The length that the fields of a map declare.
fn length(map: &HeaderMap) -> Result<Option<ContentLength>, EncodeError> {
    let mut lengths = map.get_all(header::CONTENT_LENGTH).iter();
    let mut codings = map.get_all(header::TRANSFER_ENCODING).iter();
    let found = match (lengths.next(), codings.next()) {
        (None, None) => return Ok(None),
        (Some(length), None) => {
            crate::framing::decimal(length.as_bytes()).map(ContentLength::Known)
        }
        (None, Some(coding)) => coding
            .as_bytes()
            .eq_ignore_ascii_case(b"chunked")
            .then_some(ContentLength::Unknown),
        (Some(_), Some(_)) => None,
    };
    match found {
        Some(length) if lengths.next().is_none() && codings.next().is_none() => Ok(Some(length)),
        _ => Err(EncodeError::ConflictingFraming),
    }
}
