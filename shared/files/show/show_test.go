package show_test

import (
	"testing"

	"switchyard/shared/files"
	"switchyard/shared/files/show"
)

func TestSize(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0 bytes", 1: "1 byte", 999: "999 bytes", 1000: "1.0 kB", 9949: "9.9 kB", 9950: "10 kB", 3_400_000: "3.4 MB",
		999_400: "999 kB", 999_600: "1.0 MB", 200_000_000: "200 MB", files.MaxSize: "5.4 GB",
	} {
		if got := show.Size(n); got != want {
			t.Errorf("Size(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestLetters(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"a.jpeg": "JPEG", "a.tar.gz": "GZ", "a": "FILE", "a.": "FILE", "a.日本": "FILE", "a.b c": "FILE", "a.toolong": "FILE", "../../etc/passwd": "FILE",
	} {
		if got := show.Letters(name); got != want {
			t.Errorf("Letters(%s) = %s, want %s", name, got, want)
		}
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"a b.txt": "a b.txt", "\u202egpj.exe": "gpj.exe", "\u202e\u200f": "Unnamed", "\u3164": "Unnamed",
	} {
		if got := show.Printable(name); got != want {
			t.Errorf("Printable(%+q) = %q, want %q", name, got, want)
		}
	}
}
