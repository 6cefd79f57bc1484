//! Lists: filters, order, pages, and what happens to nonsense.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod site;

use serde_json::Value;
use sightglass_api::snapshot::Snapshot;
use site::{Server, analysis};
use std::sync::Arc;

const LISTS: [&str; 5] = ["assets", "conversations", "findings", "advisories", "accounts"];

fn ids(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|i| i["id"].as_str().unwrap().to_owned()).collect()
}

/// All ids of a list, page by page.
async fn walk(server: &Server, list: &str, query: &str, limit: usize) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.read(&format!("/api/v1/{list}?limit={limit}{query}{cursor}")).await;
        let found = ids(&page);
        assert!(found.len() <= limit);
        all.extend(found);
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => {
                assert_eq!(page["total"], all.len());
                return all;
            }
        }
    }
}

#[tokio::test]
async fn pages_give_every_row_once_in_the_same_order_as_one_page() {
    let server = Server::of(analysis(60)).await;
    for list in LISTS {
        for query in ["", "&order=desc", "&order=asc", "&sort=asset"] {
            if list == "assets" && query.contains("asset")
                || list == "conversations" && query.contains("sort")
            {
                continue;
            }
            let whole = walk(&server, list, query, 500).await;
            let mut distinct = whole.clone();
            distinct.sort();
            distinct.dedup();
            assert_eq!(distinct.len(), whole.len(), "{list}{query}");
            for limit in [1, 7] {
                assert_eq!(walk(&server, list, query, limit).await, whole, "{list}{query} by {limit}");
            }
        }
    }
}

#[tokio::test]
async fn every_column_sorts_both_ways_and_absent_values_come_last() {
    let server = Server::of(analysis(60)).await;
    for list in LISTS {
        let description = serde_json::to_value(sightglass_api::openapi()).unwrap();
        let parameters = &description["paths"][format!("/api/v1/{list}")]["get"]["parameters"];
        let sort = parameters.as_array().unwrap().iter().find(|p| p["name"] == "sort").unwrap();
        for column in sort["schema"]["enum"].as_array().unwrap() {
            let column = column.as_str().unwrap();
            let up = walk(&server, list, &format!("&sort={column}"), 9).await;
            let down = walk(&server, list, &format!("&sort={column}&order=desc"), 9).await;
            assert_eq!(up.len(), down.len(), "{list} {column}");
        }
    }
    for order in ["asc", "desc"] {
        let page = server.read(&format!("/api/v1/assets?sort=vendor&order={order}&limit=500")).await;
        let known: Vec<bool> =
            page["items"].as_array().unwrap().iter().map(|a| a["vendor"].is_string()).collect();
        assert!(known.is_sorted_by(|a, b| a >= b), "{order}: {known:?}");
    }
}

#[tokio::test]
async fn a_page_begins_where_the_last_ended_also_when_rows_came_and_went() {
    let server = Server::of(analysis(20)).await;
    let first = server.read("/api/v1/assets?limit=10").await;
    let mut changed = analysis(30);
    changed.assets.retain(|a| a.name != "PLC-9" && a.name != "PLC-3");
    server.snapshots.send_replace(Arc::new(Snapshot::new(2, changed)));
    let next = first["next"].as_str().unwrap();
    let second = server.read(&format!("/api/v1/assets?limit=3&cursor={next}")).await;
    let names: Vec<_> = second["items"].as_array().unwrap().iter().map(|a| a["name"].clone()).collect();
    assert_eq!(names, ["PLC-10", "PLC-11", "PLC-12"], "the cursor's own row is gone, its place is not");
    assert_eq!(second["total"], 28);
}

#[tokio::test]
async fn names_sort_as_people_count() {
    let server = Server::of(analysis(12)).await;
    let page = server.read("/api/v1/assets?sort=name").await;
    let names: Vec<_> = page["items"].as_array().unwrap().iter().map(|a| a["name"].clone()).collect();
    assert_eq!(names[1..4], ["PLC-1", "PLC-2", "PLC-3"]);
    assert_eq!(names[10..], ["PLC-10", "PLC-11"]);
}

#[tokio::test]
async fn filters_narrow_and_repeating_one_widens() {
    let server = Server::of(analysis(60)).await;
    let total = async |path: &str| server.read(&format!("/api/v1/{path}")).await["total"].as_u64().unwrap();
    assert_eq!(total("assets").await, 60);
    assert_eq!(total("assets?role=plc").await, 10);
    assert_eq!(total("assets?role=plc&role=hmi").await, 20);
    assert_eq!(total("assets?role=plc&level=2").await, 0);
    assert_eq!(total("assets?level=unknown").await, 10);
    assert_eq!(total("assets?vendor=unknown").await, 15);
    assert_eq!(total("assets?vendor=Schneider%2C+%C3%89lectrique").await, 15);
    assert_eq!(total("assets?q=%C3%A9lectrique+plc-2").await, 3, "q looks for every word, without case");
    assert_eq!(total("assets?q=10.0.0.59").await, 1);
    assert_eq!(total("assets?address=10.0.0.5").await, 1);
    assert_eq!(total("assets?protocol=nothing").await, 0);
    assert!(total("assets?severity=critical").await > 0);
    assert_eq!(total("conversations?protocol=modbus").await, 60);
    assert_eq!(total("conversations?class=program_download&changes=true").await, 60);
    assert_eq!(total("conversations?changes=false&class=write").await, 0);
    let both = format!("conversations?client_asset={}", site::asset_id(1));
    assert!(total(&both).await > 0);
    assert_eq!(total("conversations?encrypted=true").await, 48);
    assert_eq!(total("findings?severity=high&severity=low").await, 14);
    assert_eq!(total("findings?check=check-3").await, 2);
    assert_eq!(total("advisories?status=affected").await, 9);
    assert_eq!(total("accounts?q=operator3").await, 1);
    for list in ["conversations", "findings", "advisories", "accounts"] {
        let asset = site::asset_id(2);
        let page = server.read(&format!("/api/v1/{list}?asset={asset}")).await;
        assert!(page["total"].as_u64().unwrap() > 0, "{list}");
        assert!(page["items"].as_array().unwrap().iter().all(|i| i.to_string().contains(&asset)), "{list}");
    }
}

#[tokio::test]
async fn lists_begin_with_what_matters() {
    let server = Server::of(analysis(60)).await;
    let findings = server.read("/api/v1/findings").await;
    assert_eq!(findings["items"][0]["severity"], "critical");
    let conversations = server.read("/api/v1/conversations?limit=2").await;
    let packets = |i: usize| conversations["items"][i]["packets"].as_u64().unwrap();
    assert!(packets(0) >= packets(1));
    let advisories = server.read("/api/v1/advisories?limit=1").await;
    assert!(advisories["items"][0]["score"].as_f64().unwrap() > 3.0);
}

#[tokio::test]
async fn nonsense_is_refused_with_words_that_help() {
    let server = Server::of(analysis(20)).await;
    let next = server.read("/api/v1/assets?limit=5").await["next"].as_str().unwrap().to_owned();
    let long = format!("q={}", "x".repeat(9000));
    for (query, says) in [
        ("colour=red", "\"colour\""),
        ("limit=0", "1 to 500"),
        ("limit=501", "1 to 500"),
        ("limit=-1", "1 to 500"),
        ("limit=99999999999999999999", "1 to 500"),
        ("limit=5&limit=6", "once"),
        ("limit=", "1 to 500"),
        ("sort=macs", "Cannot sort"),
        ("order=up", "asc or desc"),
        ("role=wizard", "plc"),
        ("level=7", "3.5"),
        ("cursor=zz", "begin again"),
        ("cursor=7b7d", "begin again"),
        ("cursor=", "begin again"),
        ("q=%ff", "UTF-8"),
        ("q=%f", "percent"),
        ("q=%+1", "percent"),
        (&long, "8192"),
        (&format!("cursor={next}&role=plc"), "other filters"),
        (&format!("cursor={next}&sort=level"), "other filters"),
        (&format!("cursor={next}0"), "begin again"),
    ] {
        let detail = server.get(&format!("/api/v1/assets?{query}")).await.problem(400);
        assert!(detail.contains(says), "{query}: {detail}");
    }
    for path in ["summary", "map", "jobs", "captures", "analysis"] {
        server.get(&format!("/api/v1/{path}?x=1")).await.problem(400);
    }
    assert_eq!(server.get("/api/v1/assets?&&").await.status, 200);
}

#[tokio::test]
async fn an_empty_site_has_empty_lists() {
    let server = Server::of(analysis(0)).await;
    for list in LISTS {
        let page = server.read(&format!("/api/v1/{list}")).await;
        assert_eq!((page["total"].as_u64(), page["next"].is_null()), (Some(0), true), "{list}");
    }
    let summary = server.read("/api/v1/summary").await;
    assert_eq!(summary["actions"].as_array().unwrap().len(), 0);
    let map = server.read("/api/v1/map").await;
    assert_eq!(map["lanes"].as_array().unwrap().len(), 9);
}
