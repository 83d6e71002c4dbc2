// Package slotmap maps the keys of a Redis Cluster to hash slots, and the slots to nodes.
package slotmap

import (
	"slices"
	"strings"
)

// Slots is the number of hash slots of a cluster.
const Slots = 16384

// Slot returns the hash slot of a key. If the key has a hash tag, only the tag counts: the text between the first { and
// the next }, unless that is empty.
func Slot(key string) int {
	if _, rest, ok := strings.Cut(key, "{"); ok {
		if tag, _, ok := strings.Cut(rest, "}"); ok && tag != "" {
			key = tag
		}
	}
	var crc uint16
	for i := range len(key) {
		crc = crc<<8 ^ crcTable[byte(crc>>8)^key[i]]
	}
	return int(crc) % Slots
}

// crcTable is of CRC-16/XMODEM: the polynomial is 0x1021, and the initial value is zero.
var crcTable = func() (table [256]uint16) {
	for i := range table {
		crc := uint16(i) << 8
		for range 8 {
			carry := crc&0x8000 != 0
			crc <<= 1
			if carry {
				crc ^= 0x1021
			}
		}
		table[i] = crc
	}
	return table
}()

// Split returns the keys in groups, one for each slot, in the order of the slots.
func Split(keys []string) (groups [][]string) {
	bySlot := map[int][]string{}
	var slots []int
	for _, key := range keys {
		slot := Slot(key)
		if bySlot[slot] == nil {
			slots = append(slots, slot)
		}
		bySlot[slot] = append(bySlot[slot], key)
	}
	slices.Sort(slots)
	for _, slot := range slots {
		groups = append(groups, bySlot[slot])
	}
	return groups
}
