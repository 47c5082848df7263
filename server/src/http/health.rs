//! `GET /health` and `GET /metrics`: whether the office is alive, and its counts. Nothing here is secret
//! and nothing is about a person, so that neither asks who is calling.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use serde_json::json;
use sync_core::wire::PROTOCOL_VERSIONS;

use super::App;
use super::exchange::work;
use super::metrics::MEDIA_METRICS;
use crate::office::{Office, OfficeStatus};
use crate::problem::Problem;

/// Alive, and which versions.
pub(super) async fn health(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let status = status(&app).await?;
    let body = json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "protocol": {"oldest": PROTOCOL_VERSIONS.start(), "newest": PROTOCOL_VERSIONS.end()},
        "log_position": status.log_position,
    });
    Ok(text(body.to_string(), "application/json"))
}

/// For Prometheus. If the office can't be asked, its counts are those of the last time.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Response {
    if let Ok(status) = status(&app).await {
        app.metrics.observe(&status);
    }
    text(app.metrics.text(), MEDIA_METRICS)
}

/// Asks the office, one asker at a time, so that these open addresses never crowd out an exchange nor
/// wait for one.
async fn status(app: &Arc<App>) -> Result<OfficeStatus, Problem> {
    work(app, &app.status_turn, Office::status).await
}

fn text(body: String, media: &'static str) -> Response {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    response
}
