//! The office's certificate and how TLS is spoken: 1.3 only, ring, resumption by tickets.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CipherSuite, RootCertStore, ServerConfig};

use super::tickets;

/// Folder of the development certificate within the data directory.
const DEVELOPMENT_FOLDER: &str = "tls";
/// Days a development certificate holds: below the 825 that phones accept from a private authority.
const DEVELOPMENT_DAYS: i64 = 800;
/// Names every development certificate bears.
const DEVELOPMENT_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Where the office's certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Given by the operator.
    Files(TlsFiles),
    /// Made at the first start under `tls/` of the data directory, with a private authority of its own.
    /// Phones must be told to trust `tls/ca.pem`.
    Development {
        /// Host names and IP addresses that phones use, besides localhost.
        host_names: Vec<String>,
    },
}

/// A certificate chain and its key, both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The office's certificate, followed by the intermediate ones.
    pub certificate: PathBuf,
    /// Its private key (PKCS#8, PKCS#1 or SEC1), not encrypted.
    pub key: PathBuf,
}

/// Why TLS can't be set up. Each message names the file and the next step.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are the file, the name and the cause that the messages show")]
pub enum TlsError {
    /// Not there, or not ours to read.
    #[error("can't read {}: {cause}; check that the file exists and that this user may read it", file.display())]
    Read { file: PathBuf, cause: String },
    /// No room, or not ours to write.
    #[error("can't write {}: {source}; check the free space and that this user may write there", path.display())]
    Write { path: PathBuf, source: io::Error },
    /// The file has no PEM certificate.
    #[error("{} holds no certificate in PEM form; give the file with BEGIN CERTIFICATE", file.display())]
    CertificateMissing { file: PathBuf },
    /// The two files don't fit together, or the key is of an unknown kind.
    #[error("the key {} can't be used with {}: {source}; give the key made with this certificate", key.display(), certificate.display())]
    Unusable { certificate: PathBuf, key: PathBuf, source: rustls::Error },
    /// The development certificate has expired or lacks a name.
    #[error("the development certificate {} does not hold for {name}: {source}; move its folder away to have another made, and install the new ca.pem on the phones", certificate.display())]
    Stale { certificate: PathBuf, name: String, source: rustls::Error },
    /// Neither a host name nor an IP address.
    #[error("{name:?} is neither a host name nor an IP address; give it without scheme and port")]
    HostName { name: String },
    /// The certificate can't be made.
    #[error("a development certificate can't be made: {0}; give certificate files of your own")]
    Make(#[from] rcgen::Error),
    /// The configuration is refused by the TLS library.
    #[error("TLS can't be set up: {0}; report this as a fault of the program")]
    Config(rustls::Error),
}

/// The cryptography of every TLS connection of this program, both ways: ring, the suites with SHA-256
/// first.
#[must_use]
pub fn provider() -> Arc<CryptoProvider> {
    let mut provider = rustls::crypto::ring::default_provider();
    provider.cipher_suites.sort_by_key(|suite| suite.suite() == CipherSuite::TLS13_AES_256_GCM_SHA384);
    Arc::new(provider)
}

/// The certificate of the private authority that phones must trust while [`Tls::Development`] is used.
#[must_use]
pub fn development_authority(data_dir: &Path) -> PathBuf {
    data_dir.join(DEVELOPMENT_FOLDER).join("ca.pem")
}

/// Loads the certificate, making the development one where it is asked for and missing.
///
/// # Errors
/// See [`TlsError`].
pub fn server_config(tls: &Tls, data_dir: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let files = match tls {
        Tls::Files(files) => files.clone(),
        Tls::Development { host_names } => development(data_dir, host_names)?,
    };
    let chain = certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| TlsError::Read { file: files.key.clone(), cause: error.to_string() })?;
    let provider = provider();
    let ticketer = tickets::ticketer().map_err(TlsError::Config)?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(TlsError::Config)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|source| TlsError::Unusable { certificate: files.certificate, key: files.key, source })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // The SHA-256 suites come first: a resumed session with SHA-384 is 80 bytes longer for nothing.
    config.ignore_client_order = true;
    config.ticketer = ticketer;
    // One is enough for a phone that opens one connection a night; each costs 100 bytes.
    config.send_tls13_tickets = 1;
    Ok(Arc::new(config))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let unreadable = |error: rustls::pki_types::pem::Error| TlsError::Read {
        file: file.to_owned(),
        cause: error.to_string(),
    };
    let chain: Vec<_> = CertificateDer::pem_file_iter(file)
        .map_err(unreadable)?
        .collect::<Result<_, _>>()
        .map_err(unreadable)?;
    if chain.is_empty() {
        return Err(TlsError::CertificateMissing { file: file.to_owned() });
    }
    Ok(chain)
}

fn development(data_dir: &Path, host_names: &[String]) -> Result<TlsFiles, TlsError> {
    let mut names: Vec<String> = DEVELOPMENT_NAMES.iter().map(|&name| name.to_owned()).collect();
    for name in host_names {
        ServerName::try_from(name.as_str()).map_err(|_| TlsError::HostName { name: name.clone() })?;
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    let folder = data_dir.join(DEVELOPMENT_FOLDER);
    let files = TlsFiles { certificate: folder.join("cert.pem"), key: folder.join("key.pem") };
    let authority = development_authority(data_dir);
    if folder.exists() {
        check(&files.certificate, &authority, &names)?;
        tracing::info!(authority = %authority.display(), "TLS: the development certificate made earlier is used");
    } else {
        make(data_dir, &folder, &names)?;
        tracing::warn!(
            authority = %authority.display(), names = names.join(" "),
            "TLS: a development certificate was made; install the authority on the phones, or give certificate files"
        );
    }
    Ok(files)
}

/// Checks what a phone will check, so that the operator hears of it first.
fn check(certificate: &Path, authority: &Path, names: &[String]) -> Result<(), TlsError> {
    let chain = certificates(certificate)?;
    let mut roots = RootCertStore::empty();
    for root in certificates(authority)? {
        roots.add(root).map_err(TlsError::Config)?;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|error| TlsError::Read { file: authority.to_owned(), cause: error.to_string() })?;
    for name in names {
        let server =
            ServerName::try_from(name.as_str()).map_err(|_| TlsError::HostName { name: name.clone() })?;
        verifier.verify_server_cert(&chain[0], &chain[1..], &server, &[], UnixTime::now()).map_err(
            |source| TlsError::Stale { certificate: certificate.to_owned(), name: name.clone(), source },
        )?;
    }
    Ok(())
}

/// Makes authority and certificate. The authority's key is never written: nobody, this machine
/// included, can later make another certificate that the phones would trust.
fn make(data_dir: &Path, folder: &Path, names: &[String]) -> Result<(), TlsError> {
    let today = jiff::Timestamp::now();
    let day = |days: i64| {
        let date =
            (today + jiff::SignedDuration::from_hours(24 * days)).to_zoned(jiff::tz::TimeZone::UTC).date();
        rcgen::date_time_ymd(i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
    };

    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::new(Vec::new())?;
    // Named after its key, so that a phone which trusts an earlier one can tell the two apart.
    let key_name: String =
        authority.key_identifier(&authority_key)[..4].iter().map(|b| format!("{b:02x}")).collect();
    authority
        .distinguished_name
        .push(DnType::CommonName, format!("So Thon development authority {key_name}"));
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    (authority.not_before, authority.not_after) = (day(-1), day(DEVELOPMENT_DAYS));
    let authority_certificate = authority.self_signed(&authority_key)?;
    let issuer = Issuer::from_params(&authority, &authority_key);

    let key = KeyPair::generate()?;
    let mut leaf = CertificateParams::new(names.to_vec())?;
    leaf.distinguished_name.push(DnType::CommonName, "So Thon office");
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    (leaf.not_before, leaf.not_after) = (day(-1), day(DEVELOPMENT_DAYS));
    let certificate = leaf.signed_by(&key, &issuer)?;

    // Everything or nothing: the folder gets its name once it is complete.
    let partial = data_dir.join(format!("{DEVELOPMENT_FOLDER}.partial"));
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| TlsError::Write { path, source }
    };
    if partial.exists() {
        fs::remove_dir_all(&partial).map_err(failed(&partial))?;
    }
    create_private_folder(&partial).map_err(failed(&partial))?;
    for (name, text, private) in [
        ("ca.pem", authority_certificate.pem(), false),
        ("cert.pem", certificate.pem(), false),
        ("key.pem", key.serialize_pem(), true),
    ] {
        let path = partial.join(name);
        write_file(&path, text.as_bytes(), private).map_err(failed(&path))?;
    }
    fs::rename(&partial, folder).map_err(failed(folder))
}

fn create_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn write_file(path: &Path, bytes: &[u8], private: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if private { 0o600 } else { 0o644 });
    #[cfg(not(unix))]
    let _ = private;
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn development_in(folder: &Path, names: &[&str]) -> Result<Arc<ServerConfig>, TlsError> {
        let host_names = names.iter().map(|&name| name.to_owned()).collect();
        server_config(&Tls::Development { host_names }, folder)
    }

    #[test]
    fn development_certificate_is_made_once_and_used_again() {
        let folder = tempfile::tempdir().unwrap();
        development_in(folder.path(), &["sothon.example.vn"]).unwrap();
        let first = fs::read(folder.path().join("tls/cert.pem")).unwrap();
        development_in(folder.path(), &["sothon.example.vn"]).unwrap();
        assert_eq!(fs::read(folder.path().join("tls/cert.pem")).unwrap(), first);
        assert!(!folder.path().join("tls.partial").exists());
    }

    #[cfg(unix)]
    #[test]
    fn key_is_readable_by_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        development_in(folder.path(), &[]).unwrap();
        let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("tls/key.pem"), 0o600);
        assert_eq!(mode("tls"), 0o700);
    }

    #[test]
    fn a_name_the_made_certificate_lacks_is_reported_before_a_phone_meets_it() {
        let folder = tempfile::tempdir().unwrap();
        development_in(folder.path(), &[]).unwrap();
        let error = development_in(folder.path(), &["192.168.7.1"]).unwrap_err();
        assert!(matches!(&error, TlsError::Stale { name, .. } if name == "192.168.7.1"), "{error}");
        assert!(error.to_string().contains("cert.pem"), "{error}");
    }

    #[test]
    fn errors_name_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        development_in(folder.path(), &[]).unwrap();
        development_in(other.path(), &[]).unwrap();
        let (ours, theirs) = (folder.path().join("tls"), other.path().join("tls"));
        let empty = folder.path().join("empty.pem");
        fs::write(&empty, "").unwrap();
        for (certificate, key, blamed) in [
            (folder.path().join("missing.pem"), ours.join("key.pem"), "missing.pem"),
            (empty, ours.join("key.pem"), "empty.pem"),
            (ours.join("cert.pem"), folder.path().join("nokey.pem"), "nokey.pem"),
            (ours.join("cert.pem"), ours.join("cert.pem"), "cert.pem"),
            (ours.join("cert.pem"), theirs.join("key.pem"), "key.pem"),
        ] {
            let files = TlsFiles { certificate, key };
            let error = server_config(&Tls::Files(files), folder.path()).unwrap_err();
            assert!(error.to_string().contains(blamed), "{error} does not name {blamed}");
        }
        let error = development_in(folder.path(), &["https://example.vn"]).unwrap_err();
        assert!(matches!(error, TlsError::HostName { .. }), "{error}");
    }
}
