//! Single things, the first page, the map, the description, the web interface.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod site;

use serde_json::Value;
use site::{Server, analysis, asset_id};

#[tokio::test]
async fn an_asset_comes_with_what_belongs_to_it() {
    let server = Server::of(analysis(60)).await;
    let id = asset_id(2);
    let detail = server.read(&format!("/api/v1/assets/{id}")).await;
    assert_eq!((&detail["asset"]["id"], &detail["row"]["id"]), (&Value::from(&*id), &Value::from(&*id)));
    assert_eq!(detail["asset"]["facts"].as_array().unwrap().len(), 9);
    for part in ["findings", "advisories", "conversations", "accounts"] {
        let list = server.read(&format!("/api/v1/{part}?asset={id}&limit=500")).await;
        let own = detail[part].as_array().unwrap();
        assert!(!own.is_empty(), "{part}");
        assert_eq!(own.len(), list["items"].as_array().unwrap().len(), "{part}");
    }
    assert_eq!(detail["conversations_total"], detail["conversations"].as_array().unwrap().len());
    let sum: u64 = ["critical", "high", "medium", "low", "info"]
        .iter()
        .map(|s| detail["row"]["findings"][s].as_u64().unwrap())
        .sum();
    assert_eq!(sum, detail["findings"].as_array().unwrap().len() as u64);
    assert!(detail["row"]["protocols"].as_array().unwrap().len() > 1);
    assert!(detail["row"].get("search").is_none());
}

#[tokio::test]
async fn single_things_open_and_absent_ones_say_so() {
    let server = Server::of(analysis(20)).await;
    let finding = server.read("/api/v1/findings/finding-00000004").await;
    assert_eq!(finding["finding"]["remediation"], "Do this first.");
    assert_eq!(finding["row"]["asset_name"], "PLC-1");
    let conversation = server.read("/api/v1/conversations/conversation-00000003").await;
    assert_eq!(conversation["conversation"]["operations"].as_array().unwrap().len(), 2);
    assert_eq!(conversation["row"]["client_name"], "PLC-0");
    for path in [
        "assets/asset-9",
        "assets/%ff",
        "assets/..%2f..%2fetc%2fpasswd",
        "findings/x",
        "conversations/x",
        "captures/7",
        "captures/x",
        "captures/99999999999999999999",
        "jobs/1",
        "jobs/x",
        "nothing",
    ] {
        let answer = server.get(&format!("/api/v1/{path}")).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        answer.problem(answer.status.as_u16());
    }
    for (method, path) in
        [("POST", "/api/v1/assets"), ("DELETE", "/api/v1/summary"), ("PUT", "/"), ("POST", "/healthz")]
    {
        server.call(method, path, "").await.problem(405);
    }
}

#[tokio::test]
async fn the_first_page_adds_up() {
    let server = Server::of(analysis(60)).await;
    let summary = server.read("/api/v1/summary").await;
    let sum = |list: &str, field: &str| -> u64 {
        summary[list].as_array().unwrap().iter().map(|c| c[field].as_u64().unwrap()).sum()
    };
    assert_eq!((sum("roles", "count"), sum("levels", "count"), sum("vendors", "count")), (60, 60, 60));
    assert_eq!(sum("protocols", "conversations"), 240);
    assert_eq!(summary["totals"]["findings"], 34);
    assert_eq!(summary["severities"]["critical"], 7);
    let newest = summary["newest"].as_array().unwrap();
    assert_eq!(newest.len(), 10);
    assert!(newest.is_sorted_by(|a, b| a["seen"].as_str() >= b["seen"].as_str()));
    let actions = summary["actions"].as_array().unwrap();
    assert_eq!(actions.len(), 3);
    assert!(actions.is_sorted_by(|a, b| a["weight"].as_u64() >= b["weight"].as_u64()));
    assert_eq!(actions[0]["assets"].as_array().unwrap().len() as u64, actions[0]["assets_total"]);
    let levels: Vec<_> = summary["levels"].as_array().unwrap().iter().map(|l| l["key"].clone()).collect();
    assert_eq!(levels, ["4", "3", "2", "1", "unknown"]);
    assert_eq!(
        (&summary["problems_total"], &summary["captures"][0]["path"]),
        (&1.into(), &"plant.pcapng".into())
    );
}

#[tokio::test]
async fn the_map_is_stable_and_says_what_violates() {
    let server = Server::of(analysis(60)).await;
    let map = server.read("/api/v1/map").await;
    let nodes = map["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 60);
    let lane =
        |id: &str| map["lanes"].as_array().unwrap().iter().find(|l| l["id"] == id).unwrap()["assets"].clone();
    assert_eq!(
        (lane("safety"), lane("1"), lane("3.5"), lane("unknown")),
        (10.into(), 10.into(), 0.into(), 10.into())
    );
    let first: Vec<_> = nodes.iter().take(3).map(|n| (&n["lane"], &n["place"])).collect();
    assert_eq!(first, [(&"4".into(), &0.into()), (&"4".into(), &1.into()), (&"4".into(), &2.into())]);
    let edges = map["edges"].as_array().unwrap();
    let drawn: u64 = edges.iter().map(|e| e["conversations"].as_u64().unwrap()).sum();
    assert_eq!(drawn + map["undrawn"].as_u64().unwrap(), 240);
    assert!(map["undrawn"].as_u64().unwrap() > 0);
    for edge in edges {
        assert_eq!(edge["violates"], !edge["findings"].as_array().unwrap().is_empty());
        let pair = format!(
            "client_asset={}&server_asset={}",
            edge["source"].as_str().unwrap(),
            edge["target"].as_str().unwrap()
        );
        let list = server.read(&format!("/api/v1/conversations?{pair}")).await;
        assert_eq!(list["total"], edge["conversations"]);
    }
    assert!(edges.iter().any(|e| e["violates"] == true) && edges.iter().any(|e| e["violates"] == false));
    let mut shuffled = analysis(60);
    shuffled.assets.reverse();
    shuffled.conversations.reverse();
    let again = Server::of(shuffled).await.read("/api/v1/map").await;
    assert_eq!(again, map, "the order of the input does not move anything");
}

#[tokio::test]
async fn the_whole_document_is_the_contract() {
    let server = Server::of(analysis(3)).await;
    let document = server.get("/api/v1/analysis").await;
    assert!(document.text() == serde_json::to_string(&analysis(3)).unwrap());
}

#[tokio::test]
async fn what_is_described_is_there() {
    let server = Server::of(analysis(20)).await;
    let description = server.read("/api/openapi.json").await;
    for (path, item) in description["paths"].as_object().unwrap() {
        assert!(path == "/healthz" || path.starts_with("/api/v1/"), "{path}");
        let plain = !path.contains('{');
        if plain && item.get("get").is_some() {
            server.read(path).await;
        }
        for operation in item.as_object().unwrap().values() {
            assert!(operation["responses"]["default"].is_object(), "{path}");
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{path}");
        }
    }
    assert_eq!(server.read("/healthz").await["status"], "ready");
}

#[tokio::test]
async fn other_paths_are_the_web_interface() {
    let server = Server::of(analysis(0)).await;
    for path in ["/", "/assets", "/assets/asset-1"] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
        assert_eq!(answer.headers["cache-control"], "no-cache");
    }
    for path in [
        "/assets/missing.js",
        "/../Cargo.toml",
        "/%2e%2e/%2e%2e/Cargo.toml",
        "/..%2f..%2fCargo.toml",
        "//etc/passwd.txt",
    ] {
        assert_eq!(server.get(path).await.status, 404, "{path}");
    }
    server.get("/api").await.problem(404);
    server.get("/api/v2/assets").await.problem(404);
}

#[tokio::test]
async fn a_vex_document_keeps_the_rules_of_its_profile() {
    let server = Server::of(analysis(40)).await;
    let document = server.read("/api/v1/export?format=csaf-vex").await;
    let ids = |value: &Value| -> Vec<String> {
        let all = value.as_array().into_iter().flatten();
        all.map(|id| id.as_str().unwrap().to_owned()).collect()
    };
    let tree = document["product_tree"]["full_product_names"].as_array().unwrap();
    let known: Vec<&str> = tree.iter().map(|p| p["product_id"].as_str().unwrap()).collect();
    let vulnerabilities = document["vulnerabilities"].as_array().unwrap();
    assert!(!known.is_empty() && !vulnerabilities.is_empty());
    for v in vulnerabilities {
        let status = v["product_status"].as_object().unwrap();
        let all: Vec<String> = status.values().flat_map(&ids).collect();
        let once: std::collections::BTreeSet<&String> = all.iter().collect();
        assert_eq!(once.len(), all.len(), "a product stands in one group: {v}");
        assert!(all.iter().all(|id| known.contains(&id.as_str())), "{v}");
        let named = |list: &str| -> Vec<String> {
            v[list].as_array().into_iter().flatten().flat_map(|entry| ids(&entry["product_ids"])).collect()
        };
        let (actions, impacts) = (named("remediations"), [named("flags"), named("threats")].concat());
        assert!(ids(&v["product_status"]["known_affected"]).iter().all(|id| actions.contains(id)), "{v}");
        assert!(ids(&v["product_status"]["known_not_affected"]).iter().all(|id| impacts.contains(id)), "{v}");
        assert!(v["notes"][0]["text"].is_string() && v["cve"].is_string());
    }
}

#[tokio::test]
async fn a_match_opens_and_the_rule_is_shown() {
    let server = Server::of(analysis(20)).await;
    let rules = server.read("/api/v1/triage").await;
    assert_eq!(rules["rules"].as_array().unwrap().len(), 27);
    let list = server.read("/api/v1/advisories?limit=1").await;
    let id = list["items"][0]["id"].as_str().unwrap();
    let one = server.read(&format!("/api/v1/advisories/{id}")).await;
    assert_eq!(one["row"], list["items"][0]);
    server.get("/api/v1/advisories/match-0").await.problem(404);
    assert!(server.read("/api/v1/advisories?decision=now").await["total"].is_number());
}
