// SPDX-License-Identifier: BSD-2-Clause

// The same as tls_talk.py, by Java's JSSE: KEYSTORE is PKCS12, its password "socktape".
//
//     java TlsTalk.java serve KEYSTORE PORTFILE
//     java TlsTalk.java client KEYSTORE PORT CONNECTIONS MESSAGES
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.KeyStore;
import javax.net.ssl.*;

public class TlsTalk {
	static String text(int i, int k) {
		return "conn-" + i + "-msg-" + k + "-" + "x".repeat((i * 7 + k * 13) % 400) + ".";
	}

	static SSLContext context(String path) throws Exception {
		char[] password = "socktape".toCharArray();
		KeyStore store = KeyStore.getInstance("PKCS12");
		try (InputStream in = new FileInputStream(path)) {
			store.load(in, password);
		}
		KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
		keys.init(store, password);
		KeyStore trusted = KeyStore.getInstance("PKCS12");
		trusted.load(null, null);
		trusted.setCertificateEntry("server", store.getCertificate(store.aliases().nextElement()));
		TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
		trust.init(trusted);
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
		return context;
	}

	static void echo(SSLSocket socket) {
		byte[] buffer = new byte[4096];
		try (socket) {
			InputStream in = socket.getInputStream();
			for (int n; (n = in.read(buffer)) > 0;)
				socket.getOutputStream().write(buffer, 0, n);
		} catch (IOException e) {
			// the client has gone
		}
	}

	static void serve(SSLContext context, String told) throws Exception {
		SSLServerSocket listener = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0);
		Files.writeString(Path.of(told + ".new"), String.valueOf(listener.getLocalPort()));
		Files.move(Path.of(told + ".new"), Path.of(told), StandardCopyOption.ATOMIC_MOVE);
		while (true) {
			SSLSocket socket = (SSLSocket) listener.accept();
			Thread thread = new Thread(() -> echo(socket));
			thread.setDaemon(true);
			thread.start();
		}
	}

	static void talk(SSLContext context, int port, int i, int messages) throws Exception {
		try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("localhost", port)) {
			for (int k = 0; k < messages; k++) {
				byte[] want = text(i, k).getBytes(StandardCharsets.US_ASCII);
				socket.getOutputStream().write(want);
				if (!java.util.Arrays.equals(socket.getInputStream().readNBytes(want.length), want))
					System.exit(1);
			}
		}
	}

	public static void main(String[] args) throws Exception {
		SSLContext context = context(args[1]);
		if (args[0].equals("serve"))
			serve(context, args[2]);
		for (int i = 0; i < Integer.parseInt(args[3]); i++)
			talk(context, Integer.parseInt(args[2]), i, Integer.parseInt(args[4]));
	}
}
