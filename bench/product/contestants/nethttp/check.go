package main

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"switchyard/bench/product/contestants/internal/desk"
)

// check says what is wrong with an order.
func check(o *desk.Order) error {
	errs := []error{
		length("customer", o.Customer, 1, 100), length("note", o.Note, 0, 200),
		length("address.street", o.Address.Street, 1, 200), length("address.city", o.Address.City, 1, 200),
		length("address.zip", o.Address.Zip, 3, 12),
	}
	switch o.Currency {
	case "EUR", "USD", "GBP":
	default:
		errs = append(errs, errors.New("currency is EUR, USD or GBP"))
	}
	if len(o.Tags) > 10 {
		errs = append(errs, errors.New("there are 10 tags at most"))
	}
	for i := range o.Tags {
		errs = append(errs, length("tags.text", o.Tags[i].Text, 1, 20))
	}
	if len(o.Items) < 1 || len(o.Items) > 50 {
		errs = append(errs, errors.New("there are 1 to 50 items"))
	}
	for i := range o.Items {
		item := &o.Items[i]
		errs = append(errs, length("items.sku", item.SKU, 1, 40))
		if item.Quantity < 1 || item.Quantity > 1000 {
			errs = append(errs, errors.New("items.quantity is 1 to 1000"))
		}
		if item.Price < 0 || item.Price > 1e6 {
			errs = append(errs, errors.New("items.price is 0 to 1000000"))
		}
	}
	return errors.Join(errs...)
}

func length(name, text string, least, most int) error {
	if n := utf8.RuneCountInString(text); n < least || n > most {
		return fmt.Errorf("%s has %d to %d characters", name, least, most)
	}
	return nil
}
