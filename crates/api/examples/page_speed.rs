//! How long each page takes on a made-up site: `cargo run --release -p sightglass-api --example page_speed [ASSETS]`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "../tests/site/mod.rs"]
mod site;

use sightglass_api::snapshot::Snapshot;
use site::{Server, analysis, asset_id};
use std::time::Instant;

const RUNS: usize = 20;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let assets = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(10_000);
    let document = analysis(assets);
    let begin = Instant::now();
    drop(Snapshot::new(1, document.clone()));
    println!("{assets} assets; publishing took {:.0} ms", begin.elapsed().as_secs_f64() * 1000.0);
    let server = Server::of(document).await;
    let cursor = server.read("/api/v1/conversations?sort=bytes&limit=500").await["next"].clone();
    let detail = format!("assets/{}", asset_id(2));
    let deep = format!("conversations?sort=bytes&limit=500&cursor={}", cursor.as_str().unwrap_or_default());
    println!("{:>9} {:>9} {:>9}  path", "median ms", "worst ms", "kB");
    for path in [
        "summary",
        "assets",
        "assets?sort=address&order=desc&limit=500",
        "assets?q=plc-99+siemens&role=plc&sort=firmware",
        "assets?severity=critical&sort=findings&order=desc",
        &detail,
        "conversations",
        "conversations?q=write&changes=true&sort=server&limit=500",
        &deep,
        "findings",
        "findings?q=wrong&sort=asset",
        "advisories",
        "accounts",
        "map",
        "captures",
        "jobs",
        "analysis",
    ] {
        let mut times = Vec::new();
        let mut bytes = 0;
        for _ in 0..RUNS {
            let begin = Instant::now();
            bytes = server.get(&format!("/api/v1/{path}")).await.body.len();
            times.push(begin.elapsed().as_secs_f64() * 1000.0);
        }
        times.sort_by(f64::total_cmp);
        let path: String = path.chars().take(60).collect();
        println!("{:>9.2} {:>9.2} {:>9}  {path}", times[RUNS / 2], times[RUNS - 1], bytes / 1000);
    }
}
