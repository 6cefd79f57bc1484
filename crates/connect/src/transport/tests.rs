//! A server that is slow, busy, broken or silent, and what the client makes of it.

use super::*;
use serde_json::json;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Answers one connection after the other with the given bytes; what was asked is kept.
fn server(answers: Vec<&'static str>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let head = head(&stream);
            heard.lock().unwrap().push(head);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (url, asked)
}

fn head(stream: &TcpStream) -> String {
    let mut lines = BufReader::new(stream).lines();
    std::iter::from_fn(|| lines.next()?.ok().filter(|l| !l.is_empty())).collect::<Vec<_>>().join("\n")
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
const BUSY: &str =
    "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const BROKEN: &str = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const FOREVER: &str =
    "HTTP/1.1 429 Slow\r\nRetry-After: 86400\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

type Waits = Arc<Mutex<Vec<u64>>>;

fn client(url: &str, timeout: u64) -> (Client, Waits) {
    let waits: Waits = Arc::default();
    let slept = Arc::clone(&waits);
    let settings = Settings { timeout: Duration::from_millis(timeout), ..Settings::new(url) };
    let client = Client::new(settings, Some(("authorization".into(), "Token s3cr3t".into()))).unwrap();
    let sleep = move |d: Duration| slept.lock().unwrap().push(u64::try_from(d.as_millis()).unwrap());
    (client.with_sleep(sleep), waits)
}

#[test]
fn busy_and_broken_servers_are_asked_again() {
    let (url, asked) = server(vec![BUSY, BROKEN, BROKEN, OK]);
    let (mut client, waits) = client(&url, 5000);
    let reply = client.send(&Request::get("/api/?a=1")).unwrap();
    assert_eq!((reply.status, reply.body), (200, b"{}".to_vec()));
    assert_eq!(
        *waits.lock().unwrap(),
        [7000, 1000, 2000],
        "what the server says, else twice as long each time"
    );
    let asked = asked.lock().unwrap();
    assert!(
        asked[0].starts_with("GET /api/?a=1 HTTP/1.1") && asked[0].contains("authorization: Token s3cr3t"),
        "{asked:?}"
    );
}

#[test]
fn tries_and_waits_are_bounded() {
    let (url, asked) = server(vec![FOREVER; 9]);
    let (mut client, waits) = client(&url, 5000);
    assert_eq!(client.send(&Request::get("/")).unwrap().status, 429);
    assert_eq!((asked.lock().unwrap().len(), waits.lock().unwrap().clone()), (5, vec![60_000; 4]));
}

#[test]
fn what_may_have_been_done_is_not_done_twice() {
    let (url, asked) = server(vec![BROKEN, OK]);
    let (mut one, _) = client(&url, 5000);
    assert_eq!(one.send(&Request::post("/make", json!({"a": 1}))).unwrap().status, 502);
    assert_eq!(asked.lock().unwrap().len(), 1);
    assert!(asked.lock().unwrap()[0].contains("content-type: application/json"));
    let (url, asked) = server(vec![BUSY, OK]);
    let (mut two, _) = client(&url, 5000);
    assert_eq!(
        two.send(&Request::post("/make", json!({}))).unwrap().status,
        200,
        "429 says that nothing was done"
    );
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[test]
fn silence_and_refusal_are_clear_errors() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (mut silent, waits) = client(&url, 100);
    let error = silent.send(&Request::get("/api/")).unwrap_err().to_string();
    assert!(error.contains(&url) && error.contains("no answer within the time (tried 5 times)"), "{error}");
    assert_eq!(waits.lock().unwrap().len(), 4);
    drop(listener);
    let (mut gone, _) = client(&url, 5000);
    let error = gone.send(&Request::get("/api/")).unwrap_err().to_string();
    assert!(error.contains("nobody listens there"), "{error}");
    assert!(!error.contains("s3cr3t") && !format!("{gone:?}").contains("s3cr3t"), "{error}");
}

#[test]
fn redirects_are_not_followed() {
    let (url, asked) = server(vec![
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    ]);
    let (mut client, _) = client(&url, 5000);
    let asks = Request::get("/");
    let reply = client.send(&asks).unwrap();
    assert!(reply.json(&asks).unwrap_err().to_string().contains("sends elsewhere"));
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[test]
fn addresses_that_would_leak_are_refused() {
    let new = |url: &str| {
        Client::new(Settings::new(url), None)
            .map(|c| c.base)
            .map_err(|e| e.chars().take(30).collect::<String>())
    };
    assert_eq!(new("https://cmdb.example/netbox/").as_deref(), Ok("https://cmdb.example/netbox"));
    assert!(new("http://127.0.0.1:8000").is_ok() && new("http://[::1]:8000").is_ok());
    for url in [
        "http://cmdb.example",
        "https://me:pw@cmdb.example",
        "ftp://x",
        "cmdb",
        "",
        "https://a.example/?token=1",
    ] {
        assert!(new(url).is_err(), "{url}");
    }
    let error = Client::new(Settings::new("https://me:hunter2@cmdb.example"), None).unwrap_err();
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn paths_cannot_change_the_host() {
    let (mut client, _) = client("http://127.0.0.1:9", 1000);
    for path in [".evil.example/", "@evil.example/", "devices"] {
        assert!(
            client.send(&Request::get(path)).unwrap_err().to_string().contains("begin with a slash"),
            "{path}"
        );
    }
}

#[test]
fn secrets_are_shown_by_nothing() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), " s3cr3t\n").unwrap();
    let secret = Secret::from_file(file.path()).unwrap();
    assert_eq!((secret.expose(), format!("{secret:?}").as_str()), ("s3cr3t", "Secret(…)"));
    std::fs::write(file.path(), "one\ntwo-s3cr3t").unwrap();
    assert!(!Secret::from_file(file.path()).unwrap_err().contains("s3cr3t"));
    assert!(
        Secret::from_env("SIGHTGLASS_NO_SUCH_VARIABLE").unwrap_err().contains("SIGHTGLASS_NO_SUCH_VARIABLE")
    );
    assert!(Secret::new(" ").is_err());
}

#[test]
fn dates_to_wait_for() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
    let reply = |text: &str| Reply {
        status: 503,
        headers: [("retry-after".to_owned(), text.to_owned())].into(),
        body: Vec::new(),
    };
    assert_eq!(retry_after(&reply("Sun, 06 Nov 1994 08:49:37 GMT"), now), Some(Duration::from_secs(7)));
    assert_eq!(retry_after(&reply("Sun, 06 Nov 1994 08:00:00 GMT"), now), Some(Duration::ZERO));
    assert_eq!(retry_after(&reply("soon"), now), None);
}

#[test]
fn certificates_must_be_some() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "nothing").unwrap();
    let settings = Settings { ca: Some(file.path().to_owned()), ..Settings::new("https://cmdb.example") };
    assert!(Client::new(settings, None).unwrap_err().contains("holds no certificate"));
}
