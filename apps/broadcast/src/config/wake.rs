//! What `bw-cast wake` means: something to say that only cards understand.

use std::time::Duration;

use barewire_command::fault::refuse;
use barewire_lan::wake::{Mac, PORT, SecureOn, packet};

use super::say::{Say, What, to};
use super::{at_least_1, port_of_others};
use crate::args::wake::WakeArgs;

/// A card that is busy waking up for nothing may miss one.
const TIMES: u32 = 3;

impl TryFrom<WakeArgs> for Say {
    type Error = anyhow::Error;

    fn try_from(args: WakeArgs) -> anyhow::Result<Self> {
        let port = port_of_others(args.port, PORT)?;
        Ok(Self {
            what: What::Texts(packets(&args.macs, args.password.as_deref())?),
            to: to(&args.to, port)?,
            interfaces: args.interface,
            repeat: at_least_1("--repeat", args.repeat)?.unwrap_or(TIMES),
            interval: Duration::from_millis(100),
            rate: None,
            hops: None,
            wait: None,
            json: false,
        })
    }
}

fn packets(macs: &[String], password: Option<&str>) -> anyhow::Result<Vec<Vec<u8>>> {
    if macs.is_empty() {
        return refuse(
            "nobody to wake; give the hardware address of a machine, such as aa:bb:cc:dd:ee:ff",
        );
    }
    // The password is not for everybody to see.
    let password = match password.map(str::parse::<SecureOn>).transpose() {
        Ok(password) => password,
        Err(error) => return refuse(format!("--password: {error}")),
    };
    let packet = |text: &String| match text.parse::<Mac>() {
        Ok(mac) => Ok(packet(mac, password)),
        Err(error) => refuse(format!("{text}: {error}")),
    };
    macs.iter().map(packet).collect()
}
