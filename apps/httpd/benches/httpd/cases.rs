//! The cases, and the table.

use barewire_proving::figures::sorted;
use barewire_proving::machine;
use barewire_proving::words::{Only, Words};

use crate::measure::{Load, Run, ask, idle_bytes, raise_descriptor_limit};
use crate::servers::{BIG, Kind, Place, SMALL, Server, find, has_tools, write_script};

/// How long and what.
pub(crate) struct Options {
    rounds: usize,
    seconds: u32,
    idle: usize,
    only: Only,
}

impl Options {
    pub(crate) fn read(mut words: Words) -> Self {
        let mut options = Self {
            rounds: 5,
            seconds: 4,
            idle: 9000,
            only: Only::default(),
        };
        while let Some(flag) = words.flag() {
            match flag {
                "--rounds" => options.rounds = words.value("N"),
                "--seconds" => options.seconds = words.value("N"),
                "--idle" => options.idle = words.value("N"),
                "--only" => options.only = Only::case(words.value("CASE")),
                _ => words.refuse(),
            }
        }
        assert!(options.rounds > 0 && options.seconds > 0, "at least one");
        options
    }
}

/// What each server needed: microseconds or bytes, whatever the case is about.
type Costs = Vec<(Kind, f64)>;

pub(crate) fn run(options: &Options) {
    print_machine(options);
    if !has_tools() {
        return;
    }
    let descriptors = raise_descriptor_limit();
    let place = Place::new();
    let mut aims = Aims::default();
    // The cached one first: its answer is what the bare loop sends.
    let small = [
        Kind::Cached,
        Kind::NginxSmall,
        Kind::Bare,
        Kind::Default,
        Kind::NginxDefault,
        Kind::StaticWebServer,
    ];
    let without_bare = small.map(|kind| (kind != Kind::Bare).then_some(kind));
    let without_bare: Vec<Kind> = without_bare.into_iter().flatten().collect();
    if options.only.wants("small") {
        let load = load(64, SMALL);
        let costs = compare(
            options,
            &place,
            "1 KiB, 64 keep-alive connections",
            &small,
            |_| load.clone(),
        );
        aims.add(&costs, "1 KiB: nginx", Kind::Cached, Kind::NginxSmall, 0.9);
        aims.add(&costs, "1 KiB: bare loop", Kind::Cached, Kind::Bare, 1.15);
        let reference = Kind::StaticWebServer;
        aims.add(
            &costs,
            "1 KiB: static-web-server",
            Kind::Cached,
            reference,
            0.45,
        );
        let reference = Kind::NginxDefault;
        aims.add(
            &costs,
            "1 KiB without cache: nginx default",
            Kind::Default,
            reference,
            0.9,
        );
    }
    if options.only.wants("pipelined") {
        let script = write_script(&place, "pipeline.lua", PIPELINE);
        let load = Load {
            script: Some(&script),
            ..load(64, SMALL)
        };
        let title = "1 KiB, 64 keep-alive connections, 16 requests deep";
        let costs = compare(options, &place, title, &without_bare, |_| load.clone());
        aims.add(
            &costs,
            "pipelined: nginx",
            Kind::Cached,
            Kind::NginxSmall,
            0.25,
        );
    }
    if options.only.wants("304") {
        let title = "304 Not Modified, 64 keep-alive connections";
        let costs = compare(options, &place, title, &without_bare, conditional);
        aims.add(&costs, "304: nginx", Kind::Cached, Kind::NginxSmall, 0.9);
    }
    if options.only.wants("close") {
        let load = Load {
            fields: vec!["Connection: close".to_owned()],
            ..load(64, SMALL)
        };
        let title = "1 KiB, a connection each";
        let costs = compare(options, &place, title, &without_bare, |_| load.clone());
        aims.add(
            &costs,
            "a connection each: nginx",
            Kind::Cached,
            Kind::NginxSmall,
            1.0,
        );
    }
    if options.only.wants("big") {
        let kinds = [
            Kind::Cached,
            Kind::NginxBig,
            Kind::Default,
            Kind::NginxDefault,
            Kind::StaticWebServer,
        ];
        let (costs, speeds) = compare_big(options, &place, &kinds);
        aims.add(
            &costs,
            "100 MiB, CPU: nginx",
            Kind::Cached,
            Kind::NginxBig,
            1.0,
        );
        // Seconds a GiB, so that less is better here too.
        aims.add(
            &speeds,
            "100 MiB, time: nginx",
            Kind::Cached,
            Kind::NginxBig,
            1.0,
        );
    }
    if options.only.wants("idle") {
        let count = options.idle.min(descriptors.saturating_sub(200));
        let costs = compare_idle(&place, count, &without_bare);
        aims.add(
            &costs,
            "idle connection: nginx",
            Kind::Cached,
            Kind::NginxSmall,
            1.0,
        );
        if let Some(bytes) = cost(&costs, Kind::Cached) {
            aims.add_absolute("idle connection: 490 B", bytes, 490.0);
        }
    }
    aims.print();
}

const PIPELINE: &str = "init = function(args)
  local requests = {}
  for i = 1, 16 do requests[i] = wrk.format('GET', wrk.path) end
  batch = table.concat(requests)
end
request = function() return batch end
";

fn load(connections: usize, path: &str) -> Load<'_> {
    Load {
        connections,
        path,
        fields: Vec::new(),
        script: None,
    }
}

/// Asks with what the server itself says of the file.
fn conditional(server: &Server) -> Load<'static> {
    let answer = ask(server.address, SMALL, "");
    let field = match (answer.field("etag"), answer.field("last-modified")) {
        (Some(tag), _) => format!("If-None-Match: {tag}"),
        (None, Some(time)) => format!("If-Modified-Since: {time}"),
        (None, None) => panic!("{} says nothing of the file", server.kind.name()),
    };
    let again = ask(server.address, SMALL, &format!("{field}\r\n"));
    assert_eq!(again.status(), 304, "{}", server.kind.name());
    Load {
        fields: vec![field],
        ..load(64, SMALL)
    }
}

/// Runs all servers in turn, as often as asked for.
fn rounds<'l>(
    options: &Options,
    place: &Place,
    kinds: &[Kind],
    load: impl Fn(&Server) -> Load<'l>,
) -> Vec<(Server, Vec<Run>)> {
    let mut sides: Vec<(Server, Load<'l>, Vec<Run>)> = kinds
        .iter()
        .filter_map(|&kind| place.start(kind))
        .map(|server| {
            let load = load(&server);
            load.run(&server, 1);
            (server, load, Vec::new())
        })
        .collect();
    if let Some((_, load, _)) = sides.first() {
        println!("{}", load.shown());
    }
    for _ in 0..options.rounds {
        for (server, load, runs) in &mut sides {
            runs.push(load.run(server, options.seconds));
        }
    }
    sides
        .into_iter()
        .map(|(server, _, runs)| (server, runs))
        .collect()
}

fn compare<'l>(
    options: &Options,
    place: &Place,
    title: &str,
    kinds: &[Kind],
    load: impl Fn(&Server) -> Load<'l>,
) -> Costs {
    println!("\n## {title}");
    let sides = rounds(options, place, kinds, load);
    println!("| server | bytes of a 200 head | CPU µs/request | (least, most) | requests/s |");
    println!("|---|---|---|---|---|");
    let mut costs = Vec::new();
    for (server, runs) in sides {
        let spent = |run: &Run| run.cpu_seconds * 1e6 / run.requests;
        let (least, middle, most) = spread(&runs, spent);
        let (_, speed, _) = spread(&runs, |run| run.requests / run.seconds);
        println!(
            "| {} | {} | {middle:.2} | {least:.2}, {most:.2} | {speed:.0} |",
            server.kind.name(),
            server.head_bytes
        );
        costs.push((server.kind, middle));
    }
    costs
}

/// Processor time, and time, a GiB.
fn compare_big(options: &Options, place: &Place, kinds: &[Kind]) -> (Costs, Costs) {
    const GIB: f64 = (1 << 30) as f64;
    println!("\n## 100 MiB, 4 keep-alive connections");
    let sides = rounds(options, place, kinds, |_| load(4, BIG));
    println!("| server | CPU ms/GiB | (least, most) | GiB/s |");
    println!("|---|---|---|---|");
    let mut costs = Vec::new();
    let mut speeds = Vec::new();
    for (server, runs) in sides {
        let spent = |run: &Run| run.cpu_seconds * 1e3 / (run.bytes / GIB);
        let (least, middle, most) = spread(&runs, spent);
        let (_, speed, _) = spread(&runs, |run| run.bytes / GIB / run.seconds);
        println!(
            "| {} | {middle:.0} | {least:.0}, {most:.0} | {speed:.2} |",
            server.kind.name()
        );
        costs.push((server.kind, middle));
        speeds.push((server.kind, 1.0 / speed));
    }
    (costs, speeds)
}

fn compare_idle(place: &Place, count: usize, kinds: &[Kind]) -> Costs {
    println!("\n## {count} idle keep-alive connections, each answered once");
    println!("| server | resident bytes each |");
    println!("|---|---|");
    let mut costs = Vec::new();
    for &kind in kinds {
        if let Some(server) = place.start(kind) {
            let bytes = idle_bytes(&server, count);
            println!("| {} | {bytes:.0} |", kind.name());
            costs.push((kind, bytes));
        }
    }
    costs
}

/// Least, median, most.
fn spread(runs: &[Run], measure: impl Fn(&Run) -> f64) -> (f64, f64, f64) {
    let all = sorted(runs, measure);
    (all[0], all[all.len() / 2], all[all.len() - 1])
}

fn cost(costs: &Costs, kind: Kind) -> Option<f64> {
    let found = costs.iter().find(|(known, _)| *known == kind);
    found.map(|&(_, cost)| cost)
}

/// What is to be reached, and what was.
#[derive(Default)]
struct Aims(Vec<(&'static str, f64, f64)>);

impl Aims {
    fn add(&mut self, costs: &Costs, name: &'static str, ours: Kind, theirs: Kind, aim: f64) {
        if let (Some(ours), Some(theirs)) = (cost(costs, ours), cost(costs, theirs)) {
            self.0.push((name, ours / theirs, aim));
        }
    }

    fn add_absolute(&mut self, name: &'static str, value: f64, aim: f64) {
        self.0.push((name, value / aim, 1.0));
    }

    fn print(&self) {
        println!("\n## Ratios, bw-httpd to the other; less is better");
        println!("| against | ratio | aim | |");
        println!("|---|---|---|---|");
        for (name, ratio, aim) in &self.0 {
            let verdict = if ratio <= aim { "reached" } else { "missed" };
            println!("| {name} | {ratio:.2} | {aim:.2} | {verdict} |");
        }
    }
}

fn print_machine(options: &Options) {
    let programs = [
        ("nginx", "-v"),
        ("static-web-server", "--version"),
        ("wrk", "-v"),
    ];
    let found = programs.map(|(name, flag)| (find(name).unwrap_or_default(), flag));
    machine::print(&found);
    println!(
        "cargo bench -p bw-httpd -- --rounds {} --seconds {} --idle {}",
        options.rounds, options.seconds, options.idle
    );
    println!("servers: taskset -c 0, one process, one thread; medians of the rounds");
    if std::thread::available_parallelism().is_ok_and(|cores| cores.get() < 2) {
        println!("one processor: server and client take it from each other");
    }
    if find("static-web-server").is_none() {
        println!("static-web-server: STATIC_WEB_SERVER=PATH names one that is not in PATH");
    }
}
