package servers

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// logFile is the log of a server, begun anew when it gets too long.
type logFile struct {
	mu   sync.Mutex
	file *os.File
	size int64
}

// longestLog bounds the log of a server, in bytes.
const longestLog = 8 << 20

func openLog(folder, name string) (*logFile, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("open a log: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(folder, name+".log"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open a log: %w", err)
	}
	return &logFile{file: file}, nil
}

// Write implements io.Writer.
func (l *logFile) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size += int64(len(b)); l.size > longestLog {
		if err := l.file.Truncate(0); err != nil {
			return 0, err
		}
		if _, err := l.file.Seek(0, io.SeekStart); err != nil {
			return 0, err
		}
		l.size = int64(len(b))
	}
	return l.file.Write(b)
}

// Close implements io.Closer.
func (l *logFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}
