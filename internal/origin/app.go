package origin

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// isAppHost reports whether host, which is lower-case, may be what stands behind
// "myapp://": a name, perhaps with a port, or nothing.
func isAppHost(host string) bool {
	name, _, ok := cutPort(host)
	return ok && isMadeOf(strings.Trim(name, "[]"), "-._~:")
}

// cleanPath decodes path and takes out dot segments, empty ones and the slash at
// its end, so that "/in/../out" is not below "/in". It refuses what readers decode
// differently.
func cleanPath(path string) (string, bool) {
	decoded, err := url.PathUnescape(path)
	if err != nil || !utf8.ValidString(decoded) || strings.Contains(decoded, `\`) {
		return "", false
	}
	var segments []string
	for segment := range strings.SplitSeq(decoded, "/") {
		switch segment {
		case "", ".":
		case "..":
			segments = segments[:max(0, len(segments)-1)]
		default:
			segments = append(segments, segment)
		}
	}
	if len(segments) == 0 {
		return "", true
	}
	return "/" + strings.Join(segments, "/"), true
}
