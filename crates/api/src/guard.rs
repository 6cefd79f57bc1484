//! What every request must pass and every answer carries while there is no sign-in: only programs and pages of this machine.

use crate::error::Problem;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Scripts and styles from this server only; images may be inline for icons, styles inline for the component library.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
    font-src 'self'; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// Checks host and origin, then adds the security headers to whatever the answer is.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let (uri, api) = (request.uri(), is_api(request.uri()));
    let verdict =
        host(request.headers(), uri).and_then(|host| origin(request.method(), request.headers(), host));
    let mut response = match verdict {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    protect(response.headers_mut(), api);
    response
}

fn is_api(uri: &Uri) -> bool {
    uri.path().starts_with("/api/") || uri.path() == "/healthz"
}

/// The host the client believes to talk to must be a loopback name: a page elsewhere can point its own name at this machine
/// (DNS rebinding), but it cannot change the name it was loaded by.
fn host<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Result<&'a str, Problem> {
    let mut named = headers.get_all(header::HOST).iter();
    let host = match (uri.authority(), named.next()) {
        (Some(authority), None) => authority.as_str(),
        (None, Some(value)) => value.to_str().unwrap_or_default(),
        (Some(authority), Some(value)) if value.as_bytes() == authority.as_str().as_bytes() => {
            authority.as_str()
        }
        _ => "",
    };
    if named.next().is_none() && is_loopback(host) {
        Ok(host)
    } else {
        Err(Problem::foreign(
            "This server answers only to 127.0.0.1, localhost and [::1]: the request names another host.",
        ))
    }
}

fn is_loopback(host: &str) -> bool {
    let name = ["127.0.0.1", "localhost", "[::1]"].into_iter().find_map(|name| {
        let (head, rest) = host.split_at_checked(name.len())?;
        head.eq_ignore_ascii_case(name).then_some(rest)
    });
    match name {
        Some("") => true,
        Some(rest) => rest.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok()),
        None => false,
    }
}

/// What changes something comes from this server's own pages, or from a program that is no browser.
fn origin(method: &Method, headers: &HeaderMap, host: &str) -> Result<(), Problem> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let text = |name: HeaderName| headers.get(name).map(|v| v.to_str().unwrap_or("?"));
    let own = |origin: &str| origin.strip_prefix("http://") == Some(host);
    let from_here = text(header::ORIGIN).is_none_or(own);
    let same_site = text(HeaderName::from_static("sec-fetch-site"))
        .is_none_or(|site| matches!(site, "same-origin" | "none"));
    if from_here && same_site {
        Ok(())
    } else {
        Err(Problem::foreign("Changes are taken from this server's own pages only; nothing was done."))
    }
}

fn protect(headers: &mut HeaderMap, api: bool) {
    for (name, value) in [
        ("content-security-policy", CSP),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if api {
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names() {
        for good in ["127.0.0.1", "127.0.0.1:8477", "localhost:1", "LocalHost", "[::1]", "[::1]:65535"] {
            assert!(is_loopback(good), "{good}");
        }
        for bad in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.1:8477.evil.example",
            "127.0.0.1:",
            "127.0.0.1:99999",
            "[::1",
            "127.0.0.2",
            "localhost@evil.example",
            "ö",
        ] {
            assert!(!is_loopback(bad), "{bad}");
        }
    }
}
