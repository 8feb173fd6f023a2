package desk

// Order is what somebody wants, with the rules of go-playground/validator.
type Order struct {
	Customer string   `json:"customer" validate:"required,max=100"`
	Currency string   `json:"currency" validate:"required,oneof=EUR USD GBP"`
	Note     string   `json:"note,omitempty" validate:"max=200"`
	Express  bool     `json:"express"`
	Tags     []Tag    `json:"tags" validate:"max=10,dive"`
	Address  Address  `json:"address"`
	Items    []Wanted `json:"items" validate:"required,min=1,max=50,dive"`
}

// Tag is a word that the customer gives an order.
type Tag struct {
	Text string `json:"text" validate:"required,max=20"`
}

// Address is that of the delivery; all of it is required.
type Address struct {
	Street string `json:"street" validate:"required,max=200"`
	City   string `json:"city" validate:"required,max=200"`
	Zip    string `json:"zip" validate:"required,min=3,max=12"`
}

// Wanted is a part of an order.
type Wanted struct {
	SKU      string  `json:"sku" validate:"required,max=40"`
	Quantity int     `json:"quantity" validate:"min=1,max=1000"`
	Price    float64 `json:"price" validate:"min=0,max=1000000"`
}

// Answer is an order with its price.
type Answer struct {
	Order

	Total float64 `json:"total"`
}

// Price adds up what the order costs.
func Price(o Order) Answer {
	a := Answer{Order: o}
	for _, item := range o.Items {
		a.Total += float64(item.Quantity) * item.Price
	}
	return a
}

// Query holds the parameters of a list: Limit items at most, 1 to 100.
type Query struct {
	Limit int `query:"limit" form:"limit" validate:"min=1,max=100"`
}

// Pong answers a ping.
type Pong struct {
	OK bool `json:"ok"`
}

// List is a list of items.
type List struct {
	Items []Item `json:"items"`
}

// Problem is the body of an answer that says what is wrong.
type Problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
}
