/* SPDX-License-Identifier: BSD-2-Clause */
#include <strings.h>
#include <time.h>

#include "analyze/finding/rules.h"
#include "protocols/value/json_read.h"

/* close_notify is how TLS ends, and user_canceled no fault (RFC 8446, section 6.1). */
static void look_alerts(const struct look *look)
{
	const struct value *alerts = look->values[0];
	struct span all = alerts->text;

	if (alerts->type == VALUE_JSON && all.len && memmem(all.data, all.len, "\"fatal\"", 7))
		look->found(look, FINDING_TLS_ALERT, all);
}

static void look_version(const struct look *look)
{
	static const char *const old[] = {"SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1"};
	const struct value *version = look->values[0];

	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++)
		if (value_has_text(version) && span_is(version->text, old[i]))
			look->found(look, FINDING_TLS_OLD, look->line);
}

/* Seconds since the epoch as the column has it, 2026-01-31T12:00:00Z; false: it can't be read. */
static bool read_date(const struct value *v, int64_t *seconds)
{
	char text[32];
	struct tm tm = {0};

	if (!value_has_text(v) || v->text.len >= sizeof(text))
		return false;
	*span_put(text, v->text) = '\0';
	if (!strptime(text, "%Y-%m-%dT%H:%M:%S", &tm))
		return false;
	*seconds = timegm(&tm);
	return true;
}

static void look_validity(const struct look *look)
{
	int64_t now = look->row->begin / INT64_C(1000000000), moment;

	if ((read_date(look->values[0], &moment) && now < moment) ||
	    (read_date(look->values[1], &moment) && now > moment))
		look->found(look, FINDING_CERT_EXPIRED, look->values[2]->text);
}

/* RFC 6125, section 6.4: a star stands for one whole label, the first. */
static bool names(struct span pattern, struct span host)
{
	const char *dot;

	if (pattern.len == host.len && strncasecmp(pattern.data, host.data, host.len) == 0)
		return true;
	if (pattern.len < 3 || pattern.data[0] != '*' || pattern.data[1] != '.')
		return false;
	dot = memchr(host.data, '.', host.len);
	if (!dot)
		return false;
	return host.len - (size_t)(dot - host.data) == pattern.len - 1 &&
	       strncasecmp(dot, pattern.data + 1, pattern.len - 1) == 0;
}

/* Only where the certificate has names: older ones name the host in their subject. */
static void look_name(const struct look *look)
{
	struct span all = look->values[1]->text;
	const struct value *sni = look->values[0];
	size_t at = 1, end;
	bool any = false;

	if (!value_has_text(sni) || !sni->text.len || look->values[1]->type != VALUE_JSON)
		return;
	while ((end = json_value_end(all, at)) != 0) {
		struct span name = span_of(all.data + at, end - at);

		any = true;
		if (name.len > 2 && names(span_of(name.data + 1, name.len - 2), sni->text))
			return;
		at = end + 1;
	}
	if (any)
		look->found(look, FINDING_CERT_NAME, look->line);
}

const struct rule tls_rules[] = {
	{"tls", {"alerts"}, look_alerts},
	{"tls", {"version"}, look_version},
	{"tls", {"cert_not_before", "cert_not_after", "cert_subject"}, look_validity},
	{"tls", {"sni", "cert_names"}, look_name},
	{0},
};
