//! Problems as answers: RFC 9457 `application/problem+json`.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::coding::SIGNATURE_HEADER;
use crate::problem::{Code, Problem, Remedy};

/// RFC 9457 section 3.
pub const MEDIA_PROBLEM: &str = "application/problem+json";

/// A problem becomes an answer without a body; [`super::request::pass`] writes it, because only there the
/// request's id is known.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status(self.code);
        response.extensions_mut().insert(self);
        response
    }
}

pub(super) fn status(code: Code) -> StatusCode {
    StatusCode::from_u16(code.status()).expect("a test reads every status of the table")
}

/// Seconds after which a client may try again by itself.
fn retry_after(code: Code) -> Option<u32> {
    match (code.remedy(), code) {
        (Remedy::TryAgain, Code::StorageFull) => Some(3600),
        (Remedy::TryAgain, Code::TooManyAttempts) => Some(900),
        (Remedy::TryAgain, Code::Internal) => Some(60),
        (Remedy::TryAgain, _) => Some(10),
        _ => None,
    }
}

/// Writes a problem into its answer.
pub(super) fn write(problem: &Problem, request_id: &str, response: &mut Response) {
    let code = problem.code;
    let mut body = Map::new();
    body.insert("type".to_owned(), format!("urn:sothon:problem:{}", code.code()).into());
    body.insert("title".to_owned(), code.title().into());
    body.insert("status".to_owned(), code.status().into());
    body.insert("code".to_owned(), code.code().into());
    body.insert("request_id".to_owned(), request_id.into());
    if let Some(chain) = problem.chain {
        let chain = json!({"number": chain.number, "hash": chain.hash.to_string(), "installation": chain.installation});
        body.insert("chain".to_owned(), chain);
    }
    *response.body_mut() = Body::from(Value::Object(body).to_string());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_PROBLEM));
    if let Some(seconds) = retry_after(code) {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    if code.status() == 401 {
        // RFC 9110 section 15.5.2 wants a challenge; ours names the field that bears the signature.
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(SIGNATURE_HEADER));
    }
}

#[cfg(test)]
mod tests {
    use sync_core::id::BatchHash;

    use super::*;
    use crate::problem::ChainState;

    async fn written(problem: Problem) -> (Response, Value) {
        let mut response = problem.clone().into_response();
        write(&problem, "r-1", &mut response);
        let body = std::mem::take(response.body_mut());
        let bytes = axum::body::to_bytes(body, 10_000).await.unwrap();
        (response, serde_json::from_slice(&bytes).unwrap())
    }

    #[tokio::test]
    async fn every_problem_has_the_members_of_the_standard() {
        for &code in Code::ALL {
            let (response, body) = written(code.into()).await;
            assert_eq!(response.status(), code.status());
            assert!(response.status().is_client_error() || response.status().is_server_error(), "{code:?}");
            assert_eq!(response.headers()[CONTENT_TYPE], MEDIA_PROBLEM);
            assert_eq!(body["type"], format!("urn:sothon:problem:{}", code.code()));
            assert_eq!(body["status"], code.status());
            assert_eq!((&body["code"], &body["request_id"]), (&json!(code.code()), &json!("r-1")));
            assert_eq!(
                response.headers().contains_key(RETRY_AFTER),
                code.remedy() == Remedy::TryAgain,
                "{code:?}"
            );
            assert!(body.get("chain").is_none());
        }
    }

    #[tokio::test]
    async fn repeated_batch_number_tells_where_the_chain_stands() {
        let chain = ChainState { number: 7, hash: BatchHash([0xab; 32]), installation: 2 };
        let (_, body) = written(Problem { code: Code::BatchNumberRepeated, chain: Some(chain) }).await;
        assert_eq!(body["chain"], json!({"number": 7, "hash": "ab".repeat(32), "installation": 2}));
    }
}
