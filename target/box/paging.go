package box

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// rereads is how often a list is read again because its total moved.
const rereads = 3

// list is what a whole offset-paged list came to.
type list[T any] struct {
	entries   []T // each id once
	total     int
	truncated bool // longer than Box can page through
}

// readAll reads a whole offset-paged list. The first page tells the total, and
// the rest are fetched at once. A total that moves between two pages means that
// rows may have been skipped: then everything is read again.
func readAll[T any](
	ctx context.Context,
	page func(ctx context.Context, offset int) (boxapi.Page[T], error),
	id func(T) boxapi.ID,
) (list[T], error) {
	first, err := page(ctx, 0)
	if err != nil {
		return list[T]{}, err
	}
	return readFrom(ctx, page, id, first)
}

// readFrom is readAll for a list whose first page was read.
func readFrom[T any](
	ctx context.Context,
	page func(ctx context.Context, offset int) (boxapi.Page[T], error),
	id func(T) boxapi.ID,
	first boxapi.Page[T],
) (list[T], error) {
	for n := range rereads {
		if n > 0 {
			var err error
			if first, err = page(ctx, 0); err != nil {
				return list[T]{}, err
			}
		}
		pages, still, err := readRest(ctx, page, first)
		if err != nil {
			return list[T]{}, err
		}
		if still {
			return list[T]{
				entries:   unique(pages, id),
				total:     first.TotalCount,
				truncated: beyond(pages[len(pages)-1]),
			}, nil
		}
	}
	return list[T]{}, ErrMoving
}

// readRest reads the pages behind the first, as far as Box allows, and reports
// whether the total stood still and no page was cut smaller than the first.
func readRest[T any](
	ctx context.Context,
	page func(ctx context.Context, offset int) (boxapi.Page[T], error),
	first boxapi.Page[T],
) (pages []boxapi.Page[T], still bool, err error) {
	pages = []boxapi.Page[T]{first}
	step := first.NextOffset(boxapi.MaxLimit)
	for offset := step; offset < min(first.TotalCount, boxapi.OffsetCeiling); offset += step {
		pages = append(pages, boxapi.Page[T]{Offset: offset})
	}
	g, reading := errgroup.WithContext(ctx)
	for i := range pages[1:] {
		g.Go(func() error {
			p, err := page(reading, pages[i+1].Offset)
			pages[i+1] = p
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, false, err
	}
	if pages, err = readOn(ctx, page, pages); err != nil {
		return nil, false, err
	}
	for i, p := range pages {
		gap := i+1 < len(pages) && p.NextOffset(boxapi.MaxLimit) < pages[i+1].Offset
		if gap || p.TotalCount != first.TotalCount {
			return nil, false, nil
		}
	}
	return pages, true, nil
}

// readOn reads the pages that are still to come although the total says that
// there are none: totals that are smaller than what is on the pages have been
// seen (box-python-sdk#75), and so have pages that are cut smaller.
func readOn[T any](
	ctx context.Context,
	page func(ctx context.Context, offset int) (boxapi.Page[T], error),
	pages []boxapi.Page[T],
) ([]boxapi.Page[T], error) {
	last := pages[len(pages)-1]
	for last.TotalCount == pages[0].TotalCount && last.HasMore(boxapi.MaxLimit) && !beyond(last) {
		next, err := page(ctx, last.NextOffset(boxapi.MaxLimit))
		if err != nil {
			return nil, err
		}
		pages, last = append(pages, next), next
	}
	return pages, nil
}

// beyond reports whether the list goes on where Box's offsets end.
func beyond[T any](last boxapi.Page[T]) bool {
	return last.HasMore(boxapi.MaxLimit) && last.NextOffset(boxapi.MaxLimit) >= boxapi.OffsetCeiling
}

// unique joins the pages' entries, without those that stand on two pages.
func unique[T any](pages []boxapi.Page[T], id func(T) boxapi.ID) []T {
	if len(pages) == 1 {
		return pages[0].Entries
	}
	seen := map[boxapi.ID]bool{}
	var entries []T
	for _, p := range pages {
		for _, e := range p.Entries {
			if !seen[id(e)] {
				seen[id(e)] = true
				entries = append(entries, e)
			}
		}
	}
	return entries
}
