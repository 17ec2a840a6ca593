package manual

import (
	"fmt"
	"regexp"
	"strings"
)

// Block is a fenced block of a page.
type Block struct {
	Line int    // of the fence, from 1
	Kind string // the first word behind it
	File string // the second, if there is one
	Text string
}

// Page is what there is to check on a page.
type Page struct {
	Name   string
	Blocks []Block
	Code   []Span // what stands between backquotes in the text
	Links  []Span // where they lead
}

// Span is a part of a line of text.
type Span struct {
	Line int
	Text string
}

var (
	inline = regexp.MustCompile("`([^`]+)`")
	link   = regexp.MustCompile(`\]\(([^)]+)\)`)
)

// spans returns what an expression finds in a line.
func spans(of *regexp.Regexp, n int, line string) []Span {
	var all []Span
	for _, found := range of.FindAllStringSubmatch(line, -1) {
		all = append(all, Span{n, found[1]})
	}
	return all
}

// Parse finds what there is to check on a page of Markdown. It fails on a fence
// that is not closed.
func Parse(name, text string) (Page, error) {
	page := Page{Name: name}
	var open *Block
	var indent string
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSuffix(line, "\n")
		bare := strings.TrimLeft(line, " ") // a block may be part of a list
		fence, fenced := strings.CutPrefix(bare, "```")
		switch {
		case fenced && open == nil:
			kind, file, _ := strings.Cut(strings.TrimSpace(fence), " ")
			open = &Block{Line: n, Kind: kind, File: strings.TrimSpace(file)}
			indent = strings.TrimSuffix(line, bare)
		case fenced:
			page.Blocks = append(page.Blocks, *open)
			open = nil
		case open != nil:
			open.Text += strings.TrimPrefix(line, indent) + "\n"
		default:
			page.Code = append(page.Code, spans(inline, n, line)...)
			page.Links = append(page.Links, spans(link, n, inline.ReplaceAllString(line, ""))...)
		}
	}
	if open != nil {
		return page, fmt.Errorf("%s:%d: the block is not closed", name, open.Line)
	}
	return page, nil
}

// Step is a command of a session and what it is to print.
type Step struct {
	Line    int
	Command string
	Want    string
	Shown   bool // on the page, as a command
}

// Steps returns the session that a console block shows.
func (b Block) Steps() ([]Step, error) {
	var steps []Step
	n := b.Line
	continued := false
	for line := range strings.Lines(b.Text) {
		n++
		command, typed := strings.CutPrefix(line, "$ ")
		switch {
		case continued:
			steps[len(steps)-1].Command += line
		case typed:
			steps = append(steps, Step{Line: n, Command: command, Shown: true})
		case len(steps) == 0:
			return nil, fmt.Errorf("line %d: a console block begins with a command, after \"$ \"", n)
		default:
			steps[len(steps)-1].Want += line
		}
		continued = (typed || continued) && strings.HasSuffix(line, "\\\n")
	}
	return steps, nil
}

// Matches reports whether what was printed is what a page shows, in which … on a
// line of its own stands for any lines and elsewhere for any text of one line.
func Matches(want, got string) bool {
	var re strings.Builder
	re.WriteString(`\A`)
	for line := range strings.Lines(want) {
		if line == "…\n" {
			re.WriteString(`(?s:.*)`)
			continue
		}
		for i, part := range strings.Split(line, "…") {
			if i > 0 {
				re.WriteString(`[^\n]*`)
			}
			re.WriteString(regexp.QuoteMeta(part))
		}
	}
	re.WriteString(`\z`)
	return regexp.MustCompile(re.String()).MatchString(got)
}
