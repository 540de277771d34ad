// SPDX-License-Identifier: BSD-2-Clause

//! The same as tls_talk.py, by rustls; every other message is written in pieces, and secrets go to
//! SSLKEYLOGFILE where that is set:
//!
//!     rustls_talk serve CERT KEY PORTFILE
//!     rustls_talk client CA PORT CONNECTIONS MESSAGES
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ClientConnection, KeyLogFile, RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use std::io::{IoSlice, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

fn text(i: usize, k: usize) -> String {
    format!("conn-{}-msg-{}-{}.", i, k, "x".repeat((i * 7 + k * 13) % 400))
}

fn echo(config: Arc<ServerConfig>, socket: TcpStream) {
    let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), socket);
    let mut buffer = [0u8; 4096];
    while let Ok(n) = stream.read(&mut buffer) {
        if n == 0 || stream.write_all(&buffer[..n]).is_err() || stream.flush().is_err() {
            return;
        }
    }
}

fn serve(cert: &str, key: &str, told: &str) {
    let chain = CertificateDer::pem_file_iter(cert).unwrap().map(|c| c.unwrap()).collect();
    let key = PrivateKeyDer::from_pem_file(key).unwrap();
    let config = Arc::new(ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let new = format!("{}.new", told);
    std::fs::write(&new, listener.local_addr().unwrap().port().to_string()).unwrap();
    std::fs::rename(&new, told).unwrap();
    for socket in listener.incoming() {
        let config = config.clone();
        thread::spawn(move || echo(config, socket.unwrap()));
    }
}

fn talk(config: Arc<ClientConfig>, port: u16, i: usize, messages: usize) {
    let connection = ClientConnection::new(config, "localhost".try_into().unwrap()).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(("127.0.0.1", port)).unwrap());
    for k in 0..messages {
        let want = text(i, k);
        let mut got = vec![0u8; want.len()];
        if k % 2 == 0 {
            stream.write_all(want.as_bytes()).unwrap();
        } else {
            let (first, rest) = want.as_bytes().split_at(want.len() / 3);
            let (second, third) = rest.split_at(rest.len() / 2);
            let pieces = [IoSlice::new(first), IoSlice::new(second), IoSlice::new(third)];
            assert_eq!(stream.conn.writer().write_vectored(&pieces).unwrap(), want.len());
        }
        stream.flush().unwrap();
        stream.read_exact(&mut got).unwrap();
        assert_eq!(got, want.as_bytes());
    }
    stream.conn.send_close_notify();
    let _ = stream.flush();
}

fn client(ca: &str, port: u16, connections: usize, messages: usize) {
    let mut roots = RootCertStore::empty();
    for cert in CertificateDer::pem_file_iter(ca).unwrap() {
        roots.add(cert.unwrap()).unwrap();
    }
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.key_log = Arc::new(KeyLogFile::new());
    let config = Arc::new(config);
    let threads: Vec<_> = (0..connections)
        .map(|i| {
            let config = config.clone();
            thread::spawn(move || talk(config, port, i, messages))
        })
        .collect();
    for one in threads {
        one.join().unwrap();
    }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match args[1].as_str() {
        "serve" => serve(&args[2], &args[3], &args[4]),
        _ => client(&args[2], args[3].parse().unwrap(), args[4].parse().unwrap(), args[5].parse().unwrap()),
    }
}
