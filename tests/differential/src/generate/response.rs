//! Responses to one request: interim ones, then the final one.

use super::body::{Body, other_lines, shuffle};
use super::parts::*;
use super::{Deviance, leftover};
use crate::input::{Asked, Input, Kind};
use crate::random::Random;

pub(super) fn input(random: &mut Random) -> Input {
    let mut deviance = Deviance::new(random);
    let asked = random.pick(&[
        Asked::Get,
        Asked::Get,
        Asked::Get,
        Asked::Head,
        Asked::Connect,
        Asked::Upgrade,
    ]);
    let mut bytes = Vec::new();
    if deviance.strikes(random) {
        bytes.extend_from_slice(random.pick(LEADS));
    }
    for _ in 0..random.below(8).saturating_sub(5) {
        let line = deviance.pick(random, INTERIM_STATUSES, STATUSES);
        write(random, &mut deviance, line, Body::None, &mut bytes);
    }
    let status = match asked {
        Asked::Upgrade => random.pick(&[SWITCHING, b"200 OK"]),
        _ => deviance.pick(random, STATUSES, ODD_STATUSES),
    };
    let body = Body::choose(random, &mut deviance);
    let is_unframed = matches!(body, Body::None);
    write(random, &mut deviance, status, body, &mut bytes);
    if is_unframed && random.percent(50) {
        bytes.extend_from_slice(random.pick(CONTENTS));
    }
    leftover(random, &mut bytes);
    let (closes, lenient) = (random.percent(50), random.percent(20));
    Input {
        bytes,
        kind: Kind::Responses {
            asked,
            closes,
            lenient,
        },
    }
}

fn write(
    random: &mut Random,
    deviance: &mut Deviance,
    status: &[u8],
    body: Body,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(deviance.pick(random, VERSIONS, ODD_VERSIONS));
    out.extend_from_slice(deviance.pick(random, &[b" "], SPACES));
    out.extend_from_slice(status);
    out.extend_from_slice(deviance.pick(random, &[CRLF], LINE_ENDS));
    let mut lines = other_lines(random, deviance);
    lines.extend(body.fields(random));
    if status == SWITCHING {
        lines.push(b"Connection: upgrade\r\n".to_vec());
        let upgrade = deviance.pick(random, &[b"websocket"], UPGRADES);
        lines.push([b"Upgrade: ", upgrade, CRLF].concat());
    }
    shuffle(random, &mut lines);
    if deviance.strikes(random) {
        out.extend_from_slice(random.pick(BEFORE_FIELDS));
    }
    for line in lines {
        out.extend_from_slice(&line);
    }
    out.extend_from_slice(deviance.pick(random, &[CRLF], LINE_ENDS));
    body.write(random, deviance, out);
}
