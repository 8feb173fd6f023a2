//go:build ignore

package main

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/rueidis"
)

// How often the data is written: every second, but so that the writing, during which
// nobody is served, takes at most one part in restFor+1 of the time.
const (
	saveEvery = time.Second
	restFor   = 20
)

// store is a Redis in this process whose data is kept in a file.
type store struct {
	redis  *miniredis.Miniredis
	client rueidis.Client
	file   string
}

// entry is one key with what it holds: a string, elements, fields with values, or members
// with scores.
type entry struct {
	Key, Type string
	TTL       int64 // in milliseconds; not above 0 for none
	Values    []string
}

// openStore starts the store with what the file has.
func openStore(file string) (*store, error) {
	s := &store{redis: miniredis.NewMiniRedis(), file: file}
	if err := s.load(); err != nil {
		return nil, fmt.Errorf("read %s (remove its folder to begin with an empty one): %w", file, err)
	}
	if err := s.redis.Start(); err != nil {
		return nil, err
	}
	go s.expire()
	var err error
	s.client, err = rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{s.redis.Addr()}, DisableCache: true})
	return s, err
}

func (s *store) url() string { return "redis://" + s.redis.Addr() }

// expire lets time pass in the store, which it does not by itself.
func (s *store) expire() {
	last := time.Now()
	for now := range time.Tick(150 * time.Millisecond) {
		s.redis.FastForward(now.Sub(last))
		last = now
	}
}

// keep writes the file again and again until ctx ends.
func (s *store) keep(ctx context.Context) {
	pause := saveEvery
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		began := time.Now()
		if err := s.save(); err != nil {
			log.Printf("the queues were not written: %v", err)
		}
		pause = max(saveEvery, restFor*time.Since(began))
	}
}

// everything returns all keys as they are at one moment: no other command runs meanwhile.
const everything = `
local read = {
	string = function(k) return {redis.call('GET', k)} end,
	list = function(k) return redis.call('LRANGE', k, 0, -1) end,
	set = function(k) return redis.call('SMEMBERS', k) end,
	hash = function(k) return redis.call('HGETALL', k) end,
	zset = function(k) return redis.call('ZRANGE', k, 0, -1, 'WITHSCORES') end,
}
local all = {}
for _, k in ipairs(redis.call('KEYS', '*')) do
	local kind = redis.call('TYPE', k)
	kind = kind.ok or kind
	if not read[kind] then return redis.error_reply('no way to keep a ' .. kind .. ': ' .. k) end
	all[#all + 1] = {k, kind, redis.call('PTTL', k), read[kind](k)}
end
return all`

// save replaces the file at once.
func (s *store) save() error {
	answer, err := s.client.Do(context.Background(), s.client.B().Eval().Script(everything).Numkeys(0).Build()).ToArray()
	if err != nil {
		return err
	}
	var all []entry
	for _, row := range answer {
		e, err := entryOf(row)
		if err != nil {
			return err
		}
		all = append(all, e)
	}
	f, err := os.OpenFile(s.file+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(gob.NewEncoder(f).Encode(all), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), s.file)
}

func entryOf(row rueidis.RedisMessage) (e entry, err error) {
	fields, err := row.ToArray()
	if err != nil {
		return e, err
	}
	var errs [4]error
	e.Key, errs[0] = fields[0].ToString()
	e.Type, errs[1] = fields[1].ToString()
	e.TTL, errs[2] = fields[2].AsInt64()
	e.Values, errs[3] = fields[3].AsStrSlice()
	return e, errors.Join(errs[:]...)
}

// load reads the file, if there is one.
func (s *store) load() error {
	f, err := os.Open(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	var all []entry
	if err := gob.NewDecoder(f).Decode(&all); err != nil {
		return err
	}
	for _, e := range all {
		if err := s.set(e); err != nil {
			return fmt.Errorf("%s %s: %w", e.Type, e.Key, err)
		}
	}
	return nil
}

// set puts an entry into the store.
func (s *store) set(e entry) (err error) {
	switch e.Type {
	case "string":
		err = s.redis.Set(e.Key, e.Values[0])
	case "list":
		_, err = s.redis.Push(e.Key, e.Values...)
	case "set":
		_, err = s.redis.SAdd(e.Key, e.Values...)
	case "hash":
		s.redis.HSet(e.Key, e.Values...)
	case "zset":
		for i := 0; i+1 < len(e.Values) && err == nil; i += 2 {
			var score float64
			if score, err = strconv.ParseFloat(e.Values[i+1], 64); err == nil {
				_, err = s.redis.ZAdd(e.Key, score, e.Values[i])
			}
		}
	}
	if e.TTL > 0 && err == nil {
		s.redis.SetTTL(e.Key, time.Duration(e.TTL)*time.Millisecond)
	}
	return err
}
