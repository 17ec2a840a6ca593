package cmd

// Where the system has no certificate authorities, as in the image, those of
// this module are trusted. The system's, SSL_CERT_FILE and SSL_CERT_DIR come
// first; target.box.ca_file adds to whichever it is.
import _ "golang.org/x/crypto/x509roots/fallback"
