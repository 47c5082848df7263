//! `sothon serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;

use super::context::{Context, today};
use crate::http::{self, AppFiles, ServeOptions, Tls, TlsFiles};
use crate::office::IndexThread;

/// Serve the devices over TLS 1.3 until stopped (Ctrl-C or SIGTERM): running requests finish, the
/// database is closed.
///
/// Without --certificate and --key a development certificate is made once, in the data folder under
/// tls/; devices then need its ca.pem. The phone's app is at /, and /health and /metrics answer too.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  sothon serve\n  sothon serve --listen 0.0.0.0:8443 --certificate fullchain.pem --key privkey.pem\n  sothon serve --app phone/app/dist"
)]
pub(super) struct ServeArgs {
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// The server's certificate chain (PEM).
    #[arg(long, requires = "key")]
    certificate: Option<PathBuf>,
    /// The certificate's private key (PEM).
    #[arg(long, requires = "certificate")]
    key: Option<PathBuf>,
    /// A host name or address that phones use, for the development certificate. Repeat for each.
    #[arg(long = "host-name", value_name = "NAME", conflicts_with = "certificate")]
    host_names: Vec<String>,
    /// Serve the phone's app from this folder (made by `cargo xtask app`) instead of the one this program
    /// carries. Read once, at start.
    #[arg(long, value_name = "FOLDER")]
    app: Option<PathBuf>,
}

pub(super) fn run(context: &Context, args: ServeArgs) -> anyhow::Result<ExitCode> {
    let office = Arc::new(context.office()?);
    let tls = match (args.certificate, args.key) {
        (Some(certificate), Some(key)) => Tls::Files(TlsFiles { certificate, key }),
        _ => Tls::Development { host_names: args.host_names },
    };
    let development = matches!(tls, Tls::Development { .. });
    let mut options = ServeOptions::new(args.listen, tls, context.data().to_owned());
    options.app = match &args.app {
        Some(folder) => AppFiles::read(folder).with_context(|| format!("the app in {}", folder.display()))?,
        None => AppFiles::embedded(),
    };
    let app = options.app.is_present();
    let name = office.commune_name();
    let ca = context.data().join("tls/ca.pem");
    let first_code = super::account::first_code(&office)?;
    options.on_listening = Box::new(move |address| {
        // The first line is for scripts: the address with the real port.
        println!("https://{address}");
        println!("{name}: đang phục vụ. Dừng bằng Ctrl-C.");
        if app {
            println!("Ứng dụng điện thoại: https://{address}/");
        }
        println!("Trang của văn phòng xã: https://{address}/office");
        if let Some(code) = first_code {
            println!("Chưa có tài khoản nào. Mở trang trên, chọn “Nhập mã mời”: {code}");
        }
        if development {
            println!("Development certificate; devices trust it by {}", ca.display());
        }
    });
    // Rows of the office's pages are kept up to date beside the exchanges; stopped before the office is closed.
    let _index = IndexThread::start(Arc::clone(&office), today).context("starting the index's thread")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("starting the server's threads")?;
    runtime.block_on(async {
        http::serve(office, options, http::shutdown_signal()?).await.map_err(anyhow::Error::from)
    })?;
    Ok(ExitCode::SUCCESS)
}
