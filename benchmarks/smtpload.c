/* A load generator for SMTP servers on loopback: a bounded number of messages over a bounded number of connections.
 *
 *   gcc -O2 -o smtpload smtpload.c -lssl -lcrypto -lpthread
 *   smtpload -a ADDRESS -p PORT [-b SOURCE] [-c THREADS] [-n MESSAGES] [-m MESSAGES_PER_CONNECTION] [-s OCTETS]
 *            [-T] [-C chain.pem -K key.pem] [-H] [-L] [-Q] [-f MAIL_FROM] [-r RCPT_TO]
 *
 *   -T  STARTTLS, TLS 1.3 and nothing else; never a resumed session
 *   -C  the client certificate to show, with its chain; -K its key
 *   -H  no SMTP at all: connect, TLS handshake, read until the server's answer to close_notify. For `openssl s_server`
 *   -L  pipelining: MAIL, RCPT and DATA in one flight
 *   -Q  TCP_QUICKACK before each read: a server that writes in small pieces without TCP_NODELAY would wait for the
 *       delayed acknowledgement of this side otherwise, 40 ms each time
 *
 * Each thread is one client. It says EHLO, STARTTLS, EHLO, then MAIL, RCPT, DATA per message and waits for each reply
 * (unless -L), then QUIT. Every reply code is checked. Prints one line:
 *   done failed connections seconds messages_per_second client_cpu_us_per_message p50_us p99_us
 * and ends with status 1 when anything failed. Latency is from MAIL to the reply to the end of data.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TOO_MANY_FAILURES 20

static const char *address = "127.0.0.1", *source, *chain, *key;
static const char *sender = "a@contoso.example", *recipient = "b@fabrikam.example";
static int port, threads = 1, total = 100, per_connection = 1, size = 4096;
static int tls, handshake_only, pipelining, quickack;

static SSL_CTX *context;
static char *content;
static int content_length;
static float *latency;
static atomic_int taken, done, failed, connections;

typedef struct {
    int fd;
    SSL *ssl;
    char buffer[65536];
    int end, offset; /* what is unread lies between */
} Client;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static int put(Client *c, const char *data, int length) {
    while (length > 0) {
        int n = c->ssl ? SSL_write(c->ssl, data, length) : (int)send(c->fd, data, length, MSG_NOSIGNAL);
        if (n <= 0)
            return -1;
        data += n;
        length -= n;
    }
    return 0;
}

static int get(Client *c) {
    if (quickack) {
        int on = 1;
        setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    }
    if (c->offset) {
        memmove(c->buffer, c->buffer + c->offset, c->end - c->offset);
        c->end -= c->offset;
        c->offset = 0;
    }
    int room = sizeof c->buffer - 1 - c->end;
    int n = c->ssl ? SSL_read(c->ssl, c->buffer + c->end, room) : (int)recv(c->fd, c->buffer + c->end, room, 0);
    if (n <= 0)
        return -1;
    c->end += n;
    return 0;
}

/* The code of the next reply, whose last line has no dash behind it; -1 when the connection is gone. */
static int reply(Client *c) {
    for (;;) {
        char *line = c->buffer + c->offset, *end = c->buffer + c->end, *newline;
        while ((newline = memchr(line, '\n', end - line))) {
            int last = newline - line < 4 || line[3] != '-', code = atoi(line);
            line = newline + 1;
            c->offset = line - c->buffer;
            if (last)
                return code;
        }
        if (get(c))
            return -1;
    }
}

static int ask(Client *c, const char *line) { return put(c, line, strlen(line)) ? -1 : reply(c); }

static int dial(Client *c) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)}, from = {.sin_family = AF_INET};
    struct timeval patience = {30, 0};
    int on = 1;
    c->ssl = NULL;
    c->end = c->offset = 0;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (source) {
        setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        inet_pton(AF_INET, source, &from.sin_addr);
        if (bind(c->fd, (void *)&from, sizeof from))
            return -1;
    }
    inet_pton(AF_INET, address, &to.sin_addr);
    if (connect(c->fd, (void *)&to, sizeof to))
        return -1;
    connections++;
    return 0;
}

static int shake_hands(Client *c) {
    c->end = c->offset = 0;
    c->ssl = SSL_new(context);
    SSL_set_fd(c->ssl, c->fd);
    return SSL_connect(c->ssl) == 1 ? 0 : -1;
}

static int envelope(Client *c, const char *mail, const char *rcpt) {
    if (!pipelining)
        return ask(c, mail) != 250 ? -9 : ask(c, rcpt) != 250 ? -10 : ask(c, "DATA\r\n") != 354 ? -11 : 0;
    char flight[1024];
    int length = snprintf(flight, sizeof flight, "%s%sDATA\r\n", mail, rcpt);
    return put(c, flight, length) || reply(c) != 250 || reply(c) != 250 || reply(c) != 354 ? -8 : 0;
}

/* 0, or the negative number of the place where it went wrong. */
static int session(Client *c) {
    char mail[400], rcpt[400];
    snprintf(mail, sizeof mail, "MAIL FROM:<%s>\r\n", sender);
    snprintf(rcpt, sizeof rcpt, "RCPT TO:<%s>\r\n", recipient);
    if (dial(c))
        return -1;
    if (handshake_only) {
        int number = taken++;
        if (number >= total)
            return 0;
        double began = now();
        if (shake_hands(c))
            return -2;
        SSL_shutdown(c->ssl);
        while (!get(c)) /* tickets, then the end: whatever it says, the server has finished the handshake then */
            c->end = c->offset = 0;
        latency[number] = now() - began;
        done++;
        return 0;
    }
    if (reply(c) != 220)
        return -3;
    if (ask(c, "EHLO mail.msxfaq.example\r\n") != 250)
        return -4;
    if (tls) {
        if (ask(c, "STARTTLS\r\n") != 220)
            return -5;
        if (shake_hands(c))
            return -6;
        if (ask(c, "EHLO mail.msxfaq.example\r\n") != 250)
            return -7;
    }
    for (int i = 0; i < per_connection; i++) {
        int number = taken++;
        if (number >= total)
            break;
        double began = now();
        int trouble = envelope(c, mail, rcpt);
        if (trouble)
            return trouble;
        if (put(c, content, content_length) || reply(c) != 250)
            return -12;
        latency[number] = now() - began;
        done++;
    }
    ask(c, "QUIT\r\n");
    return 0;
}

static void *run(void *unused) {
    Client *c = malloc(sizeof *c);
    (void)unused;
    while (taken < total && failed < TOO_MANY_FAILURES) {
        int place = session(c);
        if (place && failed++ < 3)
            fprintf(stderr, "failed at %d: %s; last reply: %.*s\n", -place, strerror(errno), c->end, c->buffer);
        if (c->ssl) {
            if (!place && !handshake_only)
                SSL_shutdown(c->ssl);
            SSL_free(c->ssl);
        }
        close(c->fd);
        ERR_clear_error();
    }
    free(c);
    return NULL;
}

static int options(int count, char **words) {
    int option;
    while ((option = getopt(count, words, "a:b:p:c:n:m:s:C:K:f:r:THLQ")) != -1) {
        switch (option) {
        case 'a': address = optarg; break;
        case 'b': source = optarg; break;
        case 'p': port = atoi(optarg); break;
        case 'c': threads = atoi(optarg); break;
        case 'n': total = atoi(optarg); break;
        case 'm': per_connection = atoi(optarg); break;
        case 's': size = atoi(optarg); break;
        case 'C': chain = optarg; break;
        case 'K': key = optarg; break;
        case 'f': sender = optarg; break;
        case 'r': recipient = optarg; break;
        case 'T': tls = 1; break;
        case 'H': tls = handshake_only = 1; break;
        case 'L': pipelining = 1; break;
        case 'Q': quickack = 1; break;
        default: return 2;
        }
    }
    if (strncmp(address, "127.", 4)) {
        fprintf(stderr, "%s is not a loopback address\n", address);
        return 2;
    }
    return 0;
}

static int make_context(void) {
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_mode(context, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION);
    if (chain && (SSL_CTX_use_certificate_chain_file(context, chain) != 1 ||
                  SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)) {
        ERR_print_errors_fp(stderr);
        return 3;
    }
    return 0;
}

static void make_content(void) {
    content = malloc(size + 4096);
    content_length = sprintf(content,
                             "From: <%s>\r\nTo: <%s>\r\nSubject: load\r\nMessage-ID: <load@msxfaq.example>\r\n"
                             "Date: Mon, 24 Nov 2025 10:00:00 +0000\r\n\r\n",
                             sender, recipient);
    while (content_length < size - 78) {
        memset(content + content_length, 'x', 76);
        memcpy(content + content_length + 76, "\r\n", 2);
        content_length += 78;
    }
    content_length += sprintf(content + content_length, ".\r\n");
}

static int by_size(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double seconds(struct timeval t) { return t.tv_sec + t.tv_usec / 1e6; }

static void report(double took) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    double cpu = seconds(used.ru_utime) + seconds(used.ru_stime);
    int count = done, zeros = total - count; /* what was not done has latency 0 and is sorted to the front */
    qsort(latency, total, sizeof *latency, by_size);
    printf("%d %d %d %.4f %.1f %.1f %.0f %.0f\n", count, (int)failed, (int)connections, took, count / took,
           count ? cpu / count * 1e6 : 0, count ? latency[zeros + count / 2] * 1e6 : 0,
           count ? latency[zeros + (int)(count * .99)] * 1e6 : 0);
}

int main(int count, char **words) {
    int trouble = options(count, words);
    if (trouble || (tls && (trouble = make_context())))
        return trouble;
    signal(SIGPIPE, SIG_IGN);
    make_content();
    latency = calloc(total, sizeof *latency);
    pthread_t *running = malloc(threads * sizeof *running);
    double began = now();
    for (int i = 0; i < threads; i++)
        pthread_create(&running[i], NULL, run, NULL);
    for (int i = 0; i < threads; i++)
        pthread_join(running[i], NULL);
    report(now() - began);
    return failed > 0 || done < total;
}
