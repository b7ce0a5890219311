# SPDX-License-Identifier: Apache-2.0
#
# Reads the output of one TAP program: prints its failures and skips, writes
# "passed failed skipped" to the file named by counts. A program that crashed,
# printed no plan or another number of lines than planned has failed, whatever
# its lines say.
#
# variables: name, rc (its exit status), seconds (its limit), counts

function problem(text) {
	failed++
	printf "not ok - %s: %s\n", name, text
	if (n_report > 0) {
		for (i = 1; i <= n_report; i++)
			printf "#   %s\n", report[i]
		return
	}
	printf "# the last lines it printed:\n"
	for (i = NR - 24 > 0 ? NR - 24 : 1; i <= NR; i++)
		printf "#   %s\n", recent[i % 25]
}

{ recent[NR % 25] = $0 }

# What a sanitizer says first is what matters.
/ERROR: [A-Za-z]*Sanitizer|: runtime error: / || n_report > 0 {
	if (n_report < 25)
		report[++n_report] = $0
}

/^(not )?ok( |$)/ {
	seen++
	quoting = 0
	at = match($0, /# *[Ss][Kk][Ii][Pp]/)
	if (at > 0) {
		skipped++
		reason = substr($0, RSTART + RLENGTH)
		sub(/^[^ ]* */, "", reason)
		if (reasons[reason]++ == 0)
			order[++n_reasons] = reason
	} else if (/^ok/) {
		passed++
	} else {
		failed++
		quoting = 1
		text = $0
		sub(/^not ok *[0-9]* *(- )?/, "", text)
		printf "not ok - %s: %s\n", name, text
	}
	next
}

/^1\.\.[0-9]+/ {
	has_plan = 1
	plan = substr($1, 4) + 0
	quoting = 0
	if (plan == 0 && /# *[Ss][Kk][Ii][Pp]/) {
		skipped++
		reason = $0
		sub(/^1\.\.0 *#* *([Ss][Kk][Ii][Pp][^ ]*)? */, "", reason)
		if (reasons[reason]++ == 0)
			order[++n_reasons] = reason
	}
	next
}

/^Bail out!/ {
	bailed = 1
	problem($0)
	next
}

quoting { print /^#/ ? $0 : "# " $0 }

END {
	if (rc == 77 && seen == 0 && !has_plan) {
		skipped++
		order[++n_reasons] = recent[NR % 25]
		reasons[order[n_reasons]] = 1
	} else if (rc == 124 || rc == 137) {
		problem("did not end within " seconds " s")
	} else if (bailed) {
		# said already
	} else if (!has_plan) {
		problem("ended without a plan, exit status " rc)
	} else if (plan == 0 && n_reasons == 0) {
		problem("checked nothing")
	} else if (plan != seen) {
		problem("planned " plan " checks, made " seen + 0 \
		    ", exit status " rc)
	} else if (rc != 0 && failed == 0) {
		problem("exit status " rc)
	}
	for (i = 1; i <= n_reasons; i++) {
		n = reasons[order[i]]
		printf "skip - %s: %s%s\n", name, order[i],
		    (n > 1 ? " (" n " times)" : "")
	}
	printf "%d %d %d\n", passed, failed, skipped > counts
}
