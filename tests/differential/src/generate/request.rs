//! One request, from the line to the trailers.

use super::Deviance;
use super::body::{Body, line, other_lines, shuffle};
use super::parts::*;
use crate::random::Random;

pub(super) fn write(random: &mut Random, deviance: &mut Deviance, out: &mut Vec<u8>) {
    if deviance.strikes(random) {
        out.extend_from_slice(random.pick(LEADS));
    }
    let body = Body::choose(random, deviance);
    request_line(random, deviance, out);
    let mut lines = field_lines(random, deviance);
    lines.extend(body.fields(random));
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

fn request_line(random: &mut Random, deviance: &mut Deviance, out: &mut Vec<u8>) {
    let method = deviance.pick(random, METHODS, BAD_METHODS);
    let targets = match method {
        b"CONNECT" => CONNECT_TARGETS,
        b"OPTIONS" => OPTIONS_TARGETS,
        _ => TARGETS,
    };
    out.extend_from_slice(method);
    out.extend_from_slice(deviance.pick(random, &[b" "], SPACES));
    out.extend_from_slice(deviance.pick(random, targets, ODD_TARGETS));
    out.extend_from_slice(deviance.pick(random, &[b" "], SPACES));
    out.extend_from_slice(deviance.pick(random, VERSIONS, ODD_VERSIONS));
    out.extend_from_slice(deviance.pick(random, &[CRLF], LINE_ENDS));
}

/// All field lines but those that frame the body.
fn field_lines(random: &mut Random, deviance: &mut Deviance) -> Vec<Vec<u8>> {
    let mut lines = Vec::new();
    if deviance.strikes(random) {
        match random.below(3) {
            0 => {}
            1 => {
                for _ in 0..2 {
                    let host = random.pick(HOSTS);
                    lines.push(line(random, deviance, b"Host", host));
                }
            }
            _ => {
                let host = random.pick(ODD_HOSTS);
                lines.push(line(random, deviance, b"Host", host));
            }
        }
    } else {
        let name = random.pick(&[b"Host", b"host", b"HOST"]);
        let host = random.pick(HOSTS);
        lines.push(line(random, deviance, name, host));
    }
    lines.extend(other_lines(random, deviance));
    lines
}
