//! Who may ask, and what every answer carries.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod site;

use axum::body::Body;
use axum::http::Request;
use site::{Answer, Server, analysis};

async fn ask(server: &Server, method: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri("/api/v1/jobs/1");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    server.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn other_host_names_are_refused() {
    let server = Server::of(analysis(0)).await;
    for host in ["evil.example", "127.0.0.1.evil.example", "localhost.", "", "192.0.2.1:8477", "\u{ff}"] {
        ask(&server, "GET", &[("host", host)]).await.problem(403);
    }
    ask(&server, "GET", &[]).await.problem(403);
    ask(&server, "GET", &[("host", "localhost"), ("host", "evil.example")]).await.problem(403);
    for host in ["localhost", "localhost:8477", "127.0.0.1:8477", "[::1]:8477"] {
        ask(&server, "GET", &[("host", host)]).await.problem(404);
    }
    let absolute = Request::builder().uri("http://evil.example/healthz").header("host", "localhost");
    server.send(absolute.body(Body::empty()).unwrap()).await.problem(403);
}

#[tokio::test]
async fn changes_come_from_own_pages_or_from_programs() {
    let server = Server::of(analysis(0)).await;
    let host = ("host", "127.0.0.1:8477");
    for other in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:9999"),
        ("origin", "https://127.0.0.1:8477"),
        ("origin", "http://localhost:8477"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        ask(&server, "DELETE", &[host, other]).await.problem(403);
        ask(&server, "GET", &[host, other]).await.problem(404);
    }
    ask(&server, "DELETE", &[host]).await.problem(404);
    ask(&server, "DELETE", &[host, ("origin", "http://127.0.0.1:8477"), ("sec-fetch-site", "same-origin")])
        .await
        .problem(404);
}

#[tokio::test]
async fn every_answer_is_protected() {
    let server = Server::of(analysis(0)).await;
    for path in ["/", "/healthz", "/api/v1/assets", "/api/v1/nothing", "/missing.js"] {
        let headers = server.get(path).await.headers;
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("script-src 'self';"), "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert!(!headers.contains_key("access-control-allow-origin"));
        assert_eq!(
            path.contains("api"),
            headers.get("cache-control").is_some_and(|c| c == "no-store") && path != "/healthz"
        );
    }
    let refused = ask(&server, "GET", &[("host", "evil.example")]).await;
    assert_eq!(refused.headers["x-content-type-options"], "nosniff");
    assert!(!server.call("OPTIONS", "/api/v1/assets", "").await.status.is_success());
}
